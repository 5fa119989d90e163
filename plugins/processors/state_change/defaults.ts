/**
 * The built-in rules, in the words of a configuration. The tools are those of Marcus; whoever maps another program's
 * snapshots to the same types of events has the same changes.
 */
import type { Rule } from './options.ts'

const listed = {
  from: 'mcp.tool.result',
  where: 'data["tool"] == "list_registered_agents" and data["ok"] != false',
  rows: 'body.agents',
  row_key: 'id',
  fields: [],
  words: {},
  as: 'fields',
  steps: [],
} as const satisfies Rule

const single = { fields: [], words: {}, as: 'fields', steps: [] } as const

const statusData = { agent_id: 'key', old_status: 'old', new_status: 'new', transition_time: 'time' }
const skillsData = { agent_id: 'key', added: 'added', removed: 'removed' }
const allocationData = { project_id: 'key', agents: 'new', old_agents: 'old' }

export const defaultRules = (statusWords: Readonly<Record<string, string>>): readonly Rule[] => [
  {
    ...single,
    from: 'agent.status.updated',
    key: 'agent_id',
    fields: ['status'],
    words: statusWords,
    emit: 'agent.status.changed',
    data: statusData,
    until: 'agent.deregistered',
  },
  {
    ...listed,
    fields: ['status'],
    words: statusWords,
    emit: 'agent.status.changed',
    data: statusData,
    appeared: {
      type: 'agent.registered',
      data: { agent_id: 'key', name: 'row.name', role: 'row.role', skills: 'row.skills' },
    },
    left: { type: 'agent.deregistered', data: { agent_id: 'key', reason: { value: 'left_list' } } },
  },
  { ...listed, fields: ['skills'], as: 'list', emit: 'agent.skills.updated', data: skillsData },
  {
    ...single,
    from: 'agent.registered',
    key: 'agent_id',
    fields: ['skills'],
    as: 'list',
    emit: 'agent.skills.updated',
    data: skillsData,
    until: 'agent.deregistered',
  },
  {
    ...single,
    from: 'agent.registered',
    where: 'data["project_id"] != nil',
    key: 'agent_id',
    group_by: 'project_id',
    emit: 'project.allocation.changed',
    data: allocationData,
    until: 'agent.deregistered',
  },
  {
    ...single,
    from: 'project.status.updated',
    where: 'data["agents"] != nil',
    key: 'project_id',
    fields: ['agents'],
    emit: 'project.allocation.changed',
    data: allocationData,
  },
]
