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
  /** Rows whose address a newer row has. */
  readonly sameAddress: number
  /** Contacts whose user ID a newer contact has: they are written without it. */
  readonly sameUserId: number
  /** Properties that have no column. */
  readonly leftOut: readonly string[]
}

/**
 * Writes the CSV from the finished rows, in their order; of the rows with the same address only the newest, because Loops
 * would make one contact of them. The file appears under its name when it is complete.
 */
export async function writeCsv(
  files: ExportFiles,
  state: ExportState,
  { userId: userIdSetting, contactUpdates: { mapping } }: Settings,
  signal: AbortSignal,
): Promise<WrittenCsv> {
  const hasUserIds = userIdSetting.length > 0
  const columns = columnsFor([...mapping.keys()], state.properties)
  const addresses = await newestBy('email', files, state)
  const userIds = await newestBy('userId', files, state, addresses)
  const written = { hasUserIds, contacts: 0, withoutUserId: 0, sameAddress: 0, sameUserId: 0, leftOut: columns.leftOut }

  async function* records(): AsyncGenerator<string[]> {
    yield [headerOf('email'), ...(hasUserIds ? [headerOf('userId')] : []), ...columns.headers]
    let place = -1
    for await (const { email, userId, cells } of readRows(files.rows, state.rowBytes)) {
      place += 1
      if (!addresses.isNewest(email.toLowerCase(), place)) {
        written.sameAddress += 1
        continue
      }
      const isOwn = userId !== undefined && userIds.isNewest(userId, place)
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

/** Which row is the newest with its address or user ID; only those count that `among` takes for the newest of their address. */
async function newestBy(
  name: 'email' | 'userId',
  { rows }: ExportFiles,
  state: ExportState,
  among?: Newest,
): Promise<Newest> {
  const newest = new Newest(state.rows)
  let place = -1
  for await (const row of readRows(rows, state.rowBytes)) {
    place += 1
    const address = row.email.toLowerCase()
    const value = name === 'email' ? address : row.userId
    if (value !== undefined && among?.isNewest(address, place) !== false) newest.add(value, place, row.createdAt)
  }
  return newest
}
