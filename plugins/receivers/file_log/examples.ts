export const examples = [
  { title: 'Lines of JSON', yaml: 'include: [logs/*.jsonl]\nstart_at: beginning\nformat: json\n' },
  {
    title: 'Stack traces as one record',
    yaml: "include: [/var/log/app/*.log]\nmultiline:\n  line_start_pattern: '^\\d{4}-\\d{2}-\\d{2}'\n",
  },
  {
    title: 'A configuration of the OpenTelemetry Collector',
    yaml: [
      'include: [/var/log/app.json]',
      'start_at: beginning',
      'operators:',
      '  - type: json_parser',
      '    timestamp:',
      '      parse_from: attributes.time',
      "      layout: '%Y-%m-%dT%H:%M:%S.%LZ'",
      '    severity:',
      '      parse_from: attributes.level',
      '',
    ].join('\n'),
  },
] as const
