/**
 * A stand-in for the language model that Marcus needs to make a project: canned answers over an OpenAI-like endpoint on
 * loopback. The features of a project are those that its description lists ("Features: A, B, C.").
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Model {
  readonly url: string
  close(): Promise<void>
}

const slug = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')

const featuresOf = (prompt: string): string[] =>
  (/Features: ([^\n.]*)\./.exec(prompt)?.[1] ?? 'Store, View, Report').split(/,\s*/)

const requirements = (prompt: string): unknown => ({
  functionalRequirements: featuresOf(prompt).map((name) => ({
    id: slug(name),
    name,
    description: `Build ${name}.`,
    priority: 'medium',
    complexity: 'simple',
    requires_design_artifacts: false,
    affected_components: ['api'],
  })),
  integrationRequirements: [],
  nonFunctionalRequirements: [],
  technicalConstraints: ['python'],
  businessObjectives: [],
  userPersonas: [],
  successMetrics: [],
  implementationApproach: 'agile',
  complexityAssessment: { technical: 'low', timeline: 'days', resources: 'small' },
  riskFactors: [],
  confidence: 0.9,
  domain: 'other',
  structuralCategory: 'other',
  detectedTechStack: ['python'],
})

const subtasks = (name: string): unknown => ({
  subtasks: [1, 2].map((number) => ({
    name: `Part ${number} of ${name}`,
    description: `Part ${number}.`,
    estimated_hours: 0.1,
    dependencies: number === 1 ? [] : [0],
    dependency_types: number === 1 ? [] : ['hard'],
    file_artifacts: [`part${number}.py`],
    provides: `part ${number}`,
    requires: 'None',
    acceptance_criteria: ['It works.'],
  })),
  shared_conventions: { base_path: 'src/', file_structure: 'flat', response_format: {}, naming_convention: {} },
})

const OUTCOME = { id: 'outcome_use', action: 'user can use it', success_signal: 'it answers', scope: 'in_scope' }

/** What each of Marcus's questions begins with or holds, and the answer to it. */
const answers: readonly (readonly [mark: string, answer: (prompt: string) => unknown])[] = [
  ['Analyze this Product Requirements Document', requirements],
  ['Decompose the following task', (prompt) => subtasks(/\*\*Task Name:\*\* (.*)/.exec(prompt)?.[1] ?? 'it')],
  ['Extract ALL distinct user-facing features', () => []],
  ['extracting user-visible outcomes', () => ({ outcomes: [OUTCOME] })],
  ['"verdicts"', () => ({ verdicts: { [OUTCOME.id]: { verifiable: true, reason: 'yes' } } })],
  ['List the key architectural decisions', () => [{ what: 'Plain files', why: 'They are small', impact: 'All of it' }]],
  ['Generate the project scaffold', () => [{ path: 'README.md', content: '# It' }]],
  ['You are a senior software architect', () => '# Design\n\nParts, how data flows between them, and where they meet.'],
  ['Blocker:', () => '1. Look again.\n2. Ask somebody.\n3. Wait.'],
  ['JSON', () => ({})],
]

const answer = (prompt: string): string => {
  const found =
    answers.find(([mark]) => prompt.includes(mark))?.[1](prompt) ?? 'A few words that say what is to be built.'
  return typeof found === 'string' ? found : JSON.stringify(found)
}

const completion = (body: string): string => {
  const { messages = [] } = JSON.parse(body) as { messages?: { content: string }[] }
  const prompt = messages.map(({ content }) => content).join('\n')
  const content = answer(prompt)
  const usage = { prompt_tokens: prompt.length >> 2, completion_tokens: content.length >> 2 }
  const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }
  return JSON.stringify({ id: 'canned', object: 'chat.completion', model: 'canned', choices: [choice], usage })
}

export const startModel = async (): Promise<Model> => {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end(completion(body))
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
