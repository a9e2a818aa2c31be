import { readFileSync } from 'node:fs'

/** The text of a file, without the byte order mark that Windows programs put first. */
export function readTextFile(path: string): string {
  return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
}
