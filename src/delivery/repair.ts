/**
 * The repair of a contact: a request that came to Loops late has set back what was received after it. A second later, so
 * that what is on its way arrives first, a job writes the later values once more. A repair only updates the contact and is
 * within the pace.
 */
import { persistently } from '../posthog/cache'
import type { AppMeta } from '../posthog/meta'
import type { Settings } from '../settings/settings'
import { SECOND } from '../time'
import type { LoopsRequest } from '../translate/translate'
import { noteTaken, readWholeLog } from './contact-log'
import { postToLoops, restOfLoops } from '../loops/client'
import { bodyOf, isCarriedBy, isSame, repairOf } from './newest'
import type { Newest } from './newest'
import { countWaiting, whenWaited } from './pace'
import { backOff, isTooLate, waitAfterFailure } from './retry'
import type { WaitingRepair } from './waiting'

/** Lets a job repair the contact. Where there are no jobs, the contact is repaired at once. */
export async function repairLater(repair: WaitingRepair, settings: Settings, meta: AppMeta): Promise<void> {
  return meta.jobs === undefined ? repairContact(repair, settings, meta) : enqueue(repair, Date.now() + SECOND, meta)
}

/**
 * Repairs the contact, unless what was set back has been sent once more since. A repair that fails is tried again for a day;
 * a repair that Loops refuses ends with a line in the log.
 */
export async function repairContact(repair: WaitingRepair, settings: Settings, meta: AppMeta): Promise<void> {
  const { sent, takenAt, turn } = repair
  const { cache } = meta
  const now = Date.now()
  if (restOfLoops(meta.global) !== undefined) return repairAgain(repair, meta)
  let target: Newest
  let number = 0
  try {
    const log = await readWholeLog(sent, cache)
    target = repairOf(sent, log)
    if (target.from.every(({ id }) => (log.taken.get(id) ?? 0) > takenAt)) return
    if (meta.jobs !== undefined) number = await countWaiting(settings, now, cache)
  } catch {
    return repairAgain(repair, meta)
  }
  return whenWaited(number, turn, settings, now, cache, (time) =>
    time === undefined ? write(repair, target, settings, meta) : enqueue({ ...repair, turn: time }, time, meta),
  )
}

function write(repair: WaitingRepair, target: Newest, settings: Settings, meta: AppMeta): Promise<void> {
  const request: LoopsRequest = { method: 'PUT', path: '/v1/contacts/update', body: bodyOf(target, {}) }
  const start = Date.now()
  return postToLoops(request, settings, meta.global, async (answer) => {
    if (answer.kind === 'failed') {
      // Loops may have acted on it, or may yet.
      const wait = waitAfterFailure(repair.failures, answer.isLate)
      return repairAgain({ ...repair, takenAt: Date.now() + wait }, meta, wait)
    }
    if (answer.kind === 'refused') console.warn(`A contact could not be put right: ${answer.reason}.`)
    if (answer.kind !== 'taken') return
    const repaired = { ...repair.sent, ...target.identity, values: target.values }
    for (const one of target.from.filter((other) => isCarriedBy(repaired, other))) noteTaken(one, start, meta.cache)
    return checkAgain(repair, target, meta)
  })
}

/** While a repair is on its way, something later may come to Loops before it. */
async function checkAgain(repair: WaitingRepair, written: Newest, meta: AppMeta): Promise<void> {
  const takenAt = Date.now()
  try {
    const { sent } = repair
    const target = repairOf(sent, await readWholeLog(sent, meta.cache))
    if (isSame([target.identity, target.values], [written.identity, written.values])) return
  } catch {
    // Without the log another repair finds out.
  }
  return repairAgain({ ...repair, takenAt }, meta)
}

function repairAgain(
  { sent, takenAt, failures }: WaitingRepair,
  meta: AppMeta,
  wait = backOff(SECOND, failures),
): Promise<void> | undefined {
  if (meta.jobs === undefined || isTooLate(sent.at, wait)) return undefined
  return enqueue({ sent, takenAt, failures: failures + 1 }, Date.now() + wait, meta)
}

/** A queue that refuses the repair leaves the contact as it is. */
function enqueue(repair: WaitingRepair, at: number, { jobs }: AppMeta): Promise<void> {
  return persistently(async () => jobs?.repair(repair).runAt(new Date(at))).catch(() => {
    console.warn('A contact could not be put right: the job queue of PostHog refuses the job.')
  })
}
