/** The second half of an export: the rows become the CSV. */
import { stringify } from 'csv-stringify'
import { createWriteStream, renameSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Settings } from '../../src/settings/settings'
import { columnsFor, headerOf } from './columns'
import { Newest } from './newest'
import { readRows } from './rows'
import type { ExportFiles, ExportState } from './state'

export interface WrittenCsv {
  readonly contacts: number
  /** False if the setting "User ID" is empty. */
  readonly hasUserIds: boolean
  readonly withoutUserId: number
  /** Rows whose email another row has, which is written. */
  readonly sameEmail: number
  /** Contacts whose user ID a newer contact has: they are written without it. */
  readonly sameUserId: number
  /** Properties that have no column. */
  readonly leftOut: readonly string[]
}

/**
 * Writes the CSV from the finished rows, in their order; of the rows with the same email only one, because Loops would make
 * one contact of them: the newest with a user ID, or else the newest. The file appears under its name when it is complete.
 */
export async function writeCsv(
  files: ExportFiles,
  state: ExportState,
  { userId: userIdSetting, contactUpdates: { mapping } }: Settings,
  signal: AbortSignal,
): Promise<WrittenCsv> {
  const hasUserIds = userIdSetting.length > 0
  const columns = columnsFor([...mapping.keys()], state.properties)
  const emails = await newestBy('email', files, state)
  const userIds = await newestBy('userId', files, state, emails)
  const written = { hasUserIds, contacts: 0, withoutUserId: 0, sameEmail: 0, sameUserId: 0, leftOut: columns.leftOut }

  async function* records(): AsyncGenerator<string[]> {
    yield [headerOf('email'), ...(hasUserIds ? [headerOf('userId')] : []), ...columns.headers]
    let index = -1
    for await (const { email, userId, cells } of readRows(files.rows, state.rowBytes)) {
      index += 1
      if (!emails.isNewest(email.toLowerCase(), index)) {
        written.sameEmail += 1
        continue
      }
      const isOwn = userId !== undefined && userIds.isNewest(userId, index)
      written.contacts += 1
      if (!isOwn) written[userId === undefined ? 'withoutUserId' : 'sameUserId'] += 1
      const identity = hasUserIds ? [email, isOwn ? userId : ''] : [email]
      yield [...identity, ...columns.names.map((name) => (Object.hasOwn(cells, name) ? (cells[name] ?? '') : ''))]
    }
  }

  const unfinished = `${files.csv}.new`
  await pipeline(Readable.from(records()), stringify(), createWriteStream(unfinished, { mode: 0o600 }), { signal })
  renameSync(unfinished, files.csv)
  return written
}

/** Milliseconds: more than any time since 1970, and few enough for exact sums. */
const LONG_AGO_TO_LATER = 1e15

/** Which row is written with its email or user ID; for the user ID only those count that `among` takes for their email. */
async function newestBy(
  name: 'email' | 'userId',
  { rows }: ExportFiles,
  state: ExportState,
  among?: Newest,
): Promise<Newest> {
  const newest = new Newest(state.rows)
  let index = -1
  for await (const row of readRows(rows, state.rowBytes)) {
    index += 1
    const email = row.email.toLowerCase()
    const value = name === 'email' ? email : row.userId
    if (value === undefined || among?.isNewest(email, index) === false) continue
    // A person with an ID of their own counts as newer than all without.
    newest.add(value, index, row.createdAt + (row.userId === undefined ? 0 : LONG_AGO_TO_LATER))
  }
  return newest
}
