/** The cases are those of the specification's examples and of the reference translator's own tests. */
import { describe, expect, it } from 'vitest'
import { labelName, metricName, unitName } from './index.ts'
import type { MetricKind } from './index.ts'

const named = (name: string, unit: string, kind: MetricKind, namespace = ''): string =>
  metricName(name, unit, kind, { namespace, suffixes: true })

describe('a metric’s name', () => {
  it.each<[string, string, MetricKind, string]>([
    ['requests', '', 'counter', 'requests_total'],
    ['cpu_usage', '1', 'gauge', 'cpu_usage_ratio'],
    ['items', '1', 'counter', 'items_total'],
    ['response_time', 'ms', 'gauge', 'response_time_milliseconds'],
    ['memory_usage', 'By', 'gauge', 'memory_usage_bytes'],
    ['requests', '1/s', 'gauge', 'requests_per_second'],
    ['throughput', 'By/s', 'gauge', 'throughput_bytes_per_second'],
    ['custom_metric', 'custom_unit', 'gauge', 'custom_metric_custom_unit'],
    ['custom_metric', '{custom}', 'gauge', 'custom_metric'],
    ['custom_metric', 'By/{custom}', 'gauge', 'custom_metric_bytes'],
    ['requests_total', '', 'counter', 'requests_total'],
    ['total_requests', '', 'counter', 'requests_total'],
    ['cpu_usage_ratio', '1', 'gauge', 'cpu_usage_ratio'],
    ['response_time_seconds', 's', 'gauge', 'response_time_seconds'],
    [
      'metric__with__multiple__underscores',
      'unit__multiple',
      'gauge',
      'metric_with_multiple_underscores_unit_multiple',
    ],
    ['custom_metric', 'unit@with#special/chars', 'gauge', 'custom_metric_unit_with_special_per_chars'],
    ['request_duration', 's', 'other', 'request_duration_seconds'],
    ['http.server.duration', 's', 'other', 'http_server_duration_seconds'],
    ['(lambda).function.executions(#)', '', 'gauge', 'lambda_function_executions'],
    ['3_times', '', 'gauge', '_3_times'],
    ['número.de.tareas', '', 'gauge', 'n_mero_de_tareas'],
    ['@#$%', '', 'gauge', ''],
    ['', 's', 'gauge', ''],
  ])('%s [%s], a %s, is %s', (name, unit, kind, expected) => {
    expect(named(name, unit, kind)).toBe(expected)
  })

  it('has its namespace before it', () => {
    expect(named('requests', '1/s', 'counter', 'app')).toBe('app_requests_per_second_total')
    expect(named('123_requests', '', 'counter', 'app')).toBe('app_123_requests_total')
    expect(named('x', '', 'other', 'test@space!!')).toBe('test_space_x')
  })

  it('is only escaped where suffixes are off', () => {
    const bare = (name: string) => metricName(name, 's', 'counter', { namespace: '', suffixes: false })
    expect(bare('metric@@##$$name')).toBe('metric_name')
    expect(bare('simple_metric')).toBe('simple_metric')
    expect(bare('123metric')).toBe('_123metric')
    expect(bare('a__b')).toBe('a__b')
    expect(bare('@#$%')).toBe('')
  })
})

describe('a label’s name', () => {
  it.each([
    ['http.method', 'http_method'],
    ['123invalid', 'key_123invalid'],
    ['__reserved__', '__reserved__'],
    ['_private', 'key_private'],
    ['a-b', 'a_b'],
    ['ñ', ''],
    ['', ''],
  ])('%j is %j', (name, expected) => {
    expect(labelName(name)).toBe(expected)
  })
})

it('a unit is spelled out', () => {
  expect(['s', 'By/s', '1', '{tasks}', 'requests/min', '%'].map(unitName)).toEqual([
    'seconds',
    'bytes_per_second',
    '',
    '',
    'requests_per_min',
    'percent',
  ])
})
