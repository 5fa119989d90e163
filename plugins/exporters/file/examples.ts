export const examples = [
  { title: 'Events as lines of JSON', yaml: 'path: events.jsonl\nformat: envelope\n' },
  {
    title: 'Compressed, a new file every day, a month of them kept',
    yaml: [
      'path: archive/events.jsonl.zst',
      'create_directory: true',
      'format: envelope',
      'compression: zstd',
      'rotation:',
      '  max_megabytes: 0',
      '  interval: 24h',
      '  max_days: 30',
      '',
    ].join('\n'),
  },
  {
    title: 'As the OpenTelemetry Collector writes it',
    yaml: 'path: logs.json\nrotation:\n  max_megabytes: 10\n  max_backups: 3\n',
  },
] as const
