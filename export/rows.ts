/** The file of rows: a contact a line, as JSON, until all columns are known. */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

export interface Row {
  readonly createdAt: number
  readonly email: string
  readonly userId?: string
  readonly cells: Readonly<Record<string, string>>
}

/** Opens the file to write behind the first `bytes`, and cuts off the rest. */
export async function openRows(path: string, bytes: number): Promise<FileHandle> {
  const file = await open(path, bytes === 0 ? 'w' : 'r+', 0o600)
  await file.truncate(bytes)
  return file
}

/** The rows as lines. Node.js takes U+2028 and U+2029 for ends of lines, which JSON leaves as they are. */
export function linesOf(rows: readonly Row[]): Buffer {
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  return Buffer.from(lines.replace(/[\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`))
}

/** Reads the rows in the first `bytes` of the file, one at a time. */
export async function* readRows(path: string, bytes: number): AsyncGenerator<Row> {
  if (bytes === 0) return
  const file = await open(path)
  for await (const line of file.readLines({ start: 0, end: bytes - 1 })) yield JSON.parse(line) as Row
}
