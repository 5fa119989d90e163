/**
 * Topics and patterns. The topic is the first two tokens of the type (`agent.status.changed` → `agent.status`).
 * A pattern has NATS tokens: `*` is one token, a trailing `>` one or more; it matches an event when it matches its topic
 * or its type, so `agent.*` is every agent event. `*` alone means `>`. On a NATS server only the type is the subject.
 * A token is any run of characters without dots and white space; an empty token makes a pattern invalid.
 */

/** The longest pattern taken: bounds what one subscription costs per event. */
export const PATTERN_LENGTH_MAX = 256

/** The first two tokens of a type; a type of one token is its own topic. */
export const topicOf = (type: string): string => {
  const first = type.indexOf('.')
  if (first < 0) return type
  const second = type.indexOf('.', first + 1)
  return second < 0 ? type : type.slice(0, second)
}

/** What is wrong with a pattern, as a sentence; undefined when nothing is. */
export const patternProblem = (pattern: string): string | undefined => {
  if (pattern === '') return 'a pattern cannot be empty'
  if (pattern.length > PATTERN_LENGTH_MAX) return `a pattern has at most ${PATTERN_LENGTH_MAX} characters`
  if (/\s/.test(pattern)) return 'a pattern cannot hold white space'
  const tokens = pattern.split('.')
  for (const [index, token] of tokens.entries()) {
    if (token === '') return `token ${index + 1} of '${pattern}' is empty`
    if (token === '>' && index !== tokens.length - 1) return `'>' must be the last token of '${pattern}'`
    if (token.length > 1 && (token.includes('*') || token.includes('>'))) {
      return `'${token}' in '${pattern}': '*' and '>' stand for whole tokens`
    }
  }
  return undefined
}

const matchTokens = (pattern: readonly string[], subject: readonly string[]): boolean => {
  for (let index = 0; index < pattern.length; index++) {
    const token = pattern[index]
    if (token === '>') return subject.length > index
    if (index >= subject.length) return false
    if (token !== '*' && token !== subject[index]) return false
  }
  return pattern.length === subject.length
}

/** A subject against a pattern, exactly as a NATS server does it. */
export const matchSubject = (pattern: string, subject: string): boolean =>
  matchTokens(pattern.split('.'), subject.split('.'))

/** Compiles a pattern once; the answer takes a type and, where it is overridden, its topic. Throws on an invalid one. */
export const compilePattern = (pattern: string): ((type: string, topic?: string) => boolean) => {
  const problem = patternProblem(pattern)
  if (problem !== undefined) throw new TypeError(problem)
  if (pattern === '*' || pattern === '>') return () => true
  if (!/[*>]/.test(pattern)) return (type, topic = topicOf(type)) => type === pattern || topic === pattern
  const tokens = pattern.split('.')
  return (type, topic = topicOf(type)) => matchTokens(tokens, topic.split('.')) || matchTokens(tokens, type.split('.'))
}

/** Whether an event of this type (and topic) is meant by the pattern. An invalid pattern matches nothing. */
export const matchPattern = (pattern: string, type: string, topic?: string): boolean =>
  patternProblem(pattern) === undefined && compilePattern(pattern)(type, topic)
