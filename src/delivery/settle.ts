import type { LoopsRequest } from '../translate/translate'
import {
  addLine,
  contactLogIn,
  isPeriodOver,
  noteLate,
  noteTaken,
  noteTakenAndRead,
  readIfGrown,
  readOtherLog,
} from './contact-log'
import { receiptOf, writeIn } from './delivery'
import type { Delivery } from './delivery'
import { identityOf, isCarriedBy, isSame, newestOf, saysMore } from './newest'
import type { Values } from './newest'
import { repairLater } from './repair'

/**
 * Loops has taken what was sent. What was received meanwhile may have come to Loops before it.
 *
 * @param sentAt when the request that brought the values was sent, or something earlier: milliseconds since 1970.
 */
export async function settle(delivery: Delivery, sent: LoopsRequest, sentAt: number): Promise<void> {
  const { write, askedAt, settings, meta } = delivery
  if (write === undefined) return
  const takenAt = Date.now()
  const written = writeIn(sent, write)
  const contact = { ...delivery.contact, ...identityOf(written), at: write.at }
  const seen = isPeriodOver(write) ? undefined : delivery.seen
  const repair = async (values: Values): Promise<void> => {
    await noteLate(write, meta.cache)
    const setBack = { ...written, at: Math.min(write.at, askedAt ?? write.at), values }
    return repairLater({ sent: setBack, takenAt, failures: 0 }, settings, meta)
  }
  let log
  try {
    const answers = await noteTakenAndRead(write, sentAt, contact, seen, meta.cache)
    const grown = seen && readIfGrown(write, seen, answers, meta.cache)
    const first = grown === undefined ? (seen ?? []) : await grown
    const texts = [first, ...answers[1]]
    const read = contactLogIn(texts)
    const otherTexts = readOtherLog(contact, read, meta.cache)
    log = otherTexts === undefined ? read : contactLogIn([...texts, ...(await otherTexts)])
  } catch {
    return repair(written.values)
  }
  if (log.writes.every(({ id }) => id !== write.id)) addLine(write, write, meta.cache)
  const newest = newestOf(written, log, receiptOf(delivery))
  if (saysMore(newest, written)) {
    const setBack = Object.entries(written.values).filter(([name, value]) => !isSame([newest.values[name]], [value]))
    return repair(Object.fromEntries(setBack))
  }
  for (const one of newest.from.filter((other) => isCarriedBy(written, other))) noteTaken(one, sentAt, meta.cache)
}
