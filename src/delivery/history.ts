import { contactValues, isSuperfluous, whatCounts, writeOf } from './newest'
import type { History, HistoryLine, Write } from './newest'
import type { Delivery } from '../payloads'
import type { AppMeta } from '../meta'
import { orElse, persistently, pushLine } from '../cache'
import type { LoopsRequest } from '../translate/translate'
import { HOUR, SECOND } from '../time'

/** A line that stands for all those behind it, so that few need be read. */
interface Summary {
  readonly summary: readonly HistoryLine[]
}

/**
 * Reads the history of the contact and adds the delivery to it. It must stand there before it is sent: whoever writes
 * something older afterwards sees it.
 *
 * @returns `superfluous` if there is nothing left to write.
 * @throws what the cache says if it does not answer.
 */
export async function prepared(delivery: Delivery, meta: AppMeta): Promise<History | 'superfluous'> {
  const lists = await readLists(delivery.request, meta)
  const history = historyIn(lists)
  if (isSuperfluous(delivery, history)) return 'superfluous'
  if (delivery.isNoted !== true) await note(delivery.request, shortened(writeOf(delivery)), meta)
  if (lists.some(isLong)) await orElse(summarise(delivery.request, meta), undefined)
  return history
}

/** The keys under which the history of a contact stands, for each period: Loops finds a contact by either identifier. */
function historyKeys({ path, body }: LoopsRequest, period: number): string[] {
  const { email, userId } = body
  const identifies = email !== undefined && userId !== undefined
  const writes = path === '/v1/contacts/update' || identifies || Object.keys(contactValues(body)).length > 0
  return writes
    ? [
        ...(typeof email === 'string' ? [`email-${email.toLowerCase()}-${period}`] : []),
        ...(typeof userId === 'string' ? [`userId-${userId}-${period}`] : []),
      ]
    : []
}

/** A period outlasts every retry. Two are read, so that the memory of a contact is bounded and nothing is forgotten. */
const PERIOD = 25 * HOUR

const HISTORY_KEPT_FOR = (2 * PERIOD) / SECOND

export async function readHistory(request: LoopsRequest, meta: AppMeta): Promise<History> {
  return historyIn(await readLists(request, meta))
}

/** Lines under one key, the newest first. */
interface HistoryList {
  readonly key: string
  readonly texts: readonly string[]
  readonly lines: readonly (HistoryLine | Summary)[]
}

/** What is read each time: so much more than stands before a summary that what others add meanwhile is seen. */
const MOST_LINES = 150

const MOST_TEXT = 300_000

async function readLists(request: LoopsRequest, { cache }: AppMeta): Promise<HistoryList[]> {
  const period = Math.floor(Date.now() / PERIOD)
  const keys = [...historyKeys(request, period), ...historyKeys(request, period - 1)]
  return Promise.all(
    keys.map(async (key) => {
      // As one text, since it costs more to fetch a line across the border of PostHog's VM than to parse it.
      const text = (await persistently(() => cache.lrange(key, 0, MOST_LINES - 1))).join('\n')
      const texts = withinReach(text)
      return { key, texts, lines: texts.map((text) => JSON.parse(text) as HistoryLine | Summary) }
    }),
  )
}

function withinReach(text: string): string[] {
  if (text === '') return []
  return text.length <= MOST_TEXT ? text.split('\n') : text.slice(0, MOST_TEXT).split('\n').slice(0, -1)
}

function historyIn(lists: readonly HistoryList[]): History {
  const lines = lists.flatMap((list) => list.lines).flatMap((line) => ('summary' in line ? line.summary : [line]))
  const refused = new Set(lines.flatMap((line) => ('refused' in line ? [line.id] : [])))
  const writes = lines.flatMap((line) => ('values' in line && !refused.has(line.id) ? [line] : []))
  return {
    writes: [...new Map(writes.map((write) => [write.id, write])).values()],
    done: new Map(lines.flatMap((line) => ('done' in line ? [[line.id, line.done]] : []))),
  }
}

function isLong({ texts, lines }: HistoryList): boolean {
  const newest = lines.findIndex((line) => 'summary' in line)
  const since = newest < 0 ? texts : texts.slice(0, newest)
  return since.length >= MOST_LINES / 3 || since.reduce((sum, { length }) => sum + length, 0) >= MOST_TEXT / 3
}

/** Reads the lists again: of several events at once, each then sees what the others have added, or that one was faster. */
async function summarise(request: LoopsRequest, meta: AppMeta): Promise<void> {
  for (const list of (await readLists(request, meta)).filter(isLong)) {
    const summary = whatCounts(historyIn([list]))
    await pushLine(meta.cache, list.key, JSON.stringify({ summary }), HISTORY_KEPT_FOR)
  }
}

/** As each later event of the contact reads them, what is too large is kept in no order. */
const LONGEST_WRITE = 30_000

function shortened(write: Write): Write {
  return JSON.stringify(write.values).length > LONGEST_WRITE ? { ...write, values: {} } : write
}

export async function note(request: LoopsRequest, line: HistoryLine, { cache }: AppMeta): Promise<void> {
  for (const key of historyKeys(request, Math.floor(Date.now() / PERIOD))) {
    await pushLine(cache, key, JSON.stringify(line), HISTORY_KEPT_FOR)
  }
}
