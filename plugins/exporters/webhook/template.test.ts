import { describe, expect, it } from 'vitest'
import { compileTemplate, templateProblem } from './template.ts'

const event = {
  id: 'e1',
  type: 'task.blocked',
  data: {
    task_name: 'Prediction "import"',
    n: 3,
    list: ['a', 'b'],
    'odd key': true,
    text: 'line\nbreak',
    nothing: null,
  },
  metadata: { severity: 'warning' },
}
const plain = (template: string): string => compileTemplate(template, false).render(event)
const json = (template: string): unknown => JSON.parse(compileTemplate(template, true).render(event))

describe('a place', () => {
  it.each([
    ['{{ event.type }}', 'task.blocked'],
    ['<{{event.data.n}}>', '<3>'],
    ['{{ event.data["odd key"] }}', 'true'],
    ['{{ event.data.list[1] }}', 'b'],
    ['{{ event.data.list }}', '["a","b"]'],
    ['{{ event.data.missing.deeper }}', ''],
    ['{{ event.data.nothing }}', ''],
    ['{{ event.data.toString }}', ''],
    ['\\{{ event.type }} and {{ event.type }}', '{{ event.type }} and task.blocked'],
    ['no place at all }}', 'no place at all }}'],
  ])('%s is %s', (template, expected) => {
    expect(plain(template)).toBe(expected)
  })

  it.each([
    ['{{ event.type | upper }}', 'TASK.BLOCKED'],
    ['{{ event.data.missing | default:"none" }}', 'none'],
    ["{{ event.data.missing | default:'it''s' }}", undefined],
    ['{{ event.data.missing | default:7 }}', '7'],
    ['{{ event.data.task_name | truncate:5 }}', 'Pred…'],
    ['{{ event.data.task_name | lower | truncate:100 }}', 'prediction "import"'],
    ['{{ event.data.task_name | url }}', 'Prediction%20%22import%22'],
    ['{{ event.data.task_name | json }}', '"Prediction \\"import\\""'],
    ['{{ event.data.list | json }}', '["a","b"]'],
    ['{{ event.data.text | escape }}', 'line\\nbreak'],
  ])('with a filter: %s is %s', (template, expected) => {
    if (expected === undefined) expect(() => plain(template)).toThrow()
    else expect(plain(template)).toBe(expected)
  })

  it('in a JSON body cannot break it, whatever the event says', () => {
    expect(json('{"t": "{{ event.data.task_name }}", "x": "{{ event.data.text }}", "n": {{ event.data.n }}}')).toEqual({
      t: 'Prediction "import"',
      x: 'line\nbreak',
      n: 3,
    })
    expect(json('{"all": {{ event.data.list | json }}, "name": {{ event.data.task_name | json }}}')).toEqual({
      all: ['a', 'b'],
      name: 'Prediction "import"',
    })
  })
})

describe('a mistake', () => {
  it.each([
    ['{{ evnt.type }}', 3, 4, /starts with "event", not "evnt"/],
    ['{{ event.typ }}', 9, 3, /an event has no "typ"/],
    ['{{ event }}', 8, 1, /must be named/],
    ['abc {{ event.data.', 4, 2, /"}}" is missing/],
    ['{{ event.data. }}', 14, 1, /a name must follow the dot/],
    ['{{ event.data[x] }}', 14, 1, /brackets hold/],
    ['{{ event.data["x" }}', 17, 1, /"\]" is missing/],
    ['{{ event.type | uper }}', 16, 4, /there is no filter "uper"/],
    ['{{ event.type | truncate }}', 16, 8, /"truncate" needs an argument/],
    ['{{ event.type | upper:"x" }}', 16, 9, /"upper" takes no argument/],
    ['{{ event.type | truncate:"x" }}', 16, 12, /takes a number/],
    ['{{ event.type upper }}', 14, 5, /"upper" is not understood/],
    ['{{ }}', 3, 1, /names a value/],
  ])('in %s is pointed at', (template, offset, length, message) => {
    expect(templateProblem(template, false)).toMatchObject({ offset, length, message: expect.stringMatching(message) })
  })

  it('suggests what was meant', () => {
    expect(templateProblem('{{ event.metdata.severity }}', false)).toMatchObject({ suggestion: 'metadata' })
    expect(templateProblem('{{ event.type | uper }}', false)).toMatchObject({ suggestion: 'upper' })
  })

  it('is a body that cannot be JSON, with the character', () => {
    expect(templateProblem('{"a": "{{ event.type }}", }', true)).toMatchObject({
      message: expect.stringContaining('not JSON'),
      offset: 26,
    })
    expect(templateProblem('{"a": {{ event.type }}', true)).toMatchObject({
      message: expect.stringContaining('not JSON'),
    })
    expect(templateProblem('{"a": {{ event.data.n }}, "b": "{{ event.type }}"}', true)).toBeUndefined()
    expect(templateProblem('text={{ event.type | url }}', false)).toBeUndefined()
  })
})
