export const examples = [
  {
    title: 'All events into one stream that is there',
    yaml: 'servers: [nats://127.0.0.1:4222]\nstream: { name: EVENTS }\n',
  },
  {
    title: 'A stream that is created when it is missing',
    yaml: [
      'servers: [nats://127.0.0.1:4222]',
      "subject: 'marcus.{type}'",
      'stream:',
      '  name: MARCUS',
      '  create: if_missing',
      '  subjects: [marcus.>]',
      '  max_age: 168h',
      '  duplicate_window: 10m',
      '',
    ].join('\n'),
  },
] as const
