/** The file of rows: a contact a line, as JSON, until all columns are known. */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

export interface Row {
  readonly createdAt: number
  readonly email: string
  readonly userId?: string
  readonly cells: Readonly<Record<string, string>>
}

/** Opens the file for writing; what is written of it stays if it is `resumed`. */
export function openRows(path: string, resumed: boolean): Promise<FileHandle> {
  return open(path, resumed ? 'r+' : 'w', 0o600)
}

/**
 * Writes all of the bytes. A disk that is nearly full takes a part of them without an error.
 *
 * @throws the error of the file system, before or after a part is written.
 */
export async function writeWhole(file: Pick<FileHandle, 'write'>, bytes: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    if (bytesWritten === 0) throw Object.assign(new Error('nothing could be written to the disk'), { syscall: 'write' })
    written += bytesWritten
  }
}

export function linesOf(rows: readonly Row[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

/** Reads the rows in the first `bytes` of the file, one at a time. */
export async function* readRows(path: string, bytes: number): AsyncGenerator<Row> {
  if (bytes === 0) return
  const file = await open(path)
  for await (const line of file.readLines({ start: 0, end: bytes - 1 })) yield JSON.parse(line) as Row
}
