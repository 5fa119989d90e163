/** Names of rotated files as the OpenTelemetry Collector gives them, `app-2026-01-02T15-04-05.000.jsonl`, and their end. */
import { access, readdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Rotation } from './options.ts'

const DAY_MS = 86_400_000
const TIME = String.raw`\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}`

/** `app.jsonl.gz` → `app` and `.jsonl.gz`. */
const split = (path: string): [stem: string, extension: string] => {
  const name = basename(path)
  const match = /^(.+?)(\.[^.]+(?:\.(?:gz|zst))?)?$/.exec(name)
  return [match?.[1] ?? name, match?.[2] ?? '']
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

const stamp = (ms: number, local: boolean): string => {
  const time = new Date(ms)
  if (!local) return time.toISOString().slice(0, -1).replaceAll(':', '-')
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`
  const clock = `${pad(time.getHours())}-${pad(time.getMinutes())}-${pad(time.getSeconds())}`
  return `${date}T${clock}.${pad(time.getMilliseconds(), 3)}`
}

const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** A name that is free: two rotations in one millisecond get later ones. */
export const backupPath = async (path: string, now: number, local: boolean): Promise<string> => {
  const [stem, extension] = split(path)
  for (let ms = now; ; ms++) {
    const candidate = join(dirname(path), `${stem}-${stamp(ms, local)}${extension}`)
    if (!(await exists(candidate))) return candidate
  }
}

/** Deletes old files beyond the number or the age allowed. */
export const removeOldBackups = async (path: string, rotation: Rotation, now: number): Promise<void> => {
  const [stem, extension] = split(path)
  const pattern = new RegExp(`^${TIME}$`)
  const backups = (await readdir(dirname(path)))
    .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
    .map((name) => ({ name, time: name.slice(stem.length + 1, name.length - extension.length) }))
    .filter(({ time }) => pattern.test(time))
    .toSorted((a, b) => (a.time < b.time ? 1 : -1))
  const oldest = rotation.max_days === 0 ? '' : stamp(now - rotation.max_days * DAY_MS, rotation.localtime)
  for (const [index, { name, time }] of backups.entries()) {
    const tooMany = rotation.max_backups > 0 && index >= rotation.max_backups
    if (tooMany || time < oldest) await unlink(join(dirname(path), name))
  }
}
