/** The one error class; it stands in `core/model`, which throws it too. */
export * from '../model/errors.ts'
