/** `npm run docs`: writes the parts of the documentation that are printed from code. A test fails when they lag behind. */
import { writeFileSync } from 'node:fs'
import { generatedDocuments } from './generated.ts'

for (const document of await generatedDocuments()) {
  if (document.text === document.present) continue
  writeFileSync(document.path, document.text)
  process.stdout.write(`wrote ${document.path}\n`)
}
