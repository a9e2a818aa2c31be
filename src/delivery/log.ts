/** Logs events. Outside a dry run, no line contains a person, an email or a body. */
import type { LoopsRequest } from '../loops/request'
import type { CapturedEvent } from '../posthog/event'
import { onOneLine, quoted, withoutKey } from '../redact'
import type { StoredPerson } from '../posthog/person'
import type { Settings } from '../settings/settings'
import { nearMisses } from '../translate/near-misses'
import type { Translation } from '../translate/translate'
import { heldBackReason, similarNameReason, unmetReason, unmetReasonWithValues } from '../translate/skip-reasons'
import type { UnmetGroup } from '../translate/skip-reasons'

export interface EventLog {
  /**
   * Logs why an event is skipped, once for each reason and worker, so that page views do not fill the log.
   *
   * @param detail what the line adds to the reason of the first event.
   */
  readonly skipOnce: (reason: string, detail?: string) => void
  /** Logs what `translate` makes of an event: in a dry run of each one, otherwise each reason once. */
  readonly translated: (event: CapturedEvent, translation: Translation, stored?: StoredPerson) => void
  /** Logs a warning, once until `forgetWarning`. */
  readonly warnOnce: (name: string, warning: string) => void
  readonly forgetWarning: (name: string) => void
}

export function createEventLog(settings: Settings): EventLog {
  const skips = new Set<string>()
  const filters = new Set<string>()
  const unclear = new Set<string>()
  const warnings = new Set<string>()

  function skipOnce(reason: string, detail = ''): void {
    if (skips.has(reason)) return
    skips.add(reason)
    console.log(
      `An event is skipped: ${reason}${detail}. Later events that are skipped for this reason are not logged.`,
    )
  }

  /** Logs the filters that do not match, once each. After that, an event that they exclude costs the server no text. */
  function unmetOnce(unmet: readonly UnmetGroup[]): void {
    const kinds = unmet.map(
      ({ group, number, isKnown, found }) => `${group} ${number} ${String(isKnown)} ${String(found === undefined)}`,
    )
    if (kinds.every((kind) => filters.has(kind))) return
    for (const kind of kinds) filters.add(kind)
    skipOnce(unmetReason(unmet, settings))
  }

  /** Logs that a request leaves out a mailing list, or `subscribed`. Events may bring the names, so their number is limited. */
  function unclearOnce(name: string): void {
    if (unclear.has(name) || unclear.size >= 100) return
    unclear.add(name)
    console.warn(
      `The value of ${quoted(name)} is not consent, so it is left out: send true, false, yes, no, on, off, 1 or 0. ` +
        'Later values of this name are not logged.',
    )
  }

  return {
    skipOnce,
    translated: (event, translation, stored) => {
      if (settings.dryRun) logDryRun(event, translation, settings, stored)
      else if (translation === undefined) return
      else if ('unmet' in translation) unmetOnce(translation.unmet)
      else if ('skipped' in translation) skipOnce(translation.skipped, translation.detail)
      if (translation !== undefined && 'request' in translation) translation.unclearConsent?.forEach(unclearOnce)
    },
    warnOnce: (name, warning) => {
      if (warnings.has(name)) return
      warnings.add(name)
      console.warn(warning)
    },
    forgetWarning: (name) => {
      warnings.delete(name)
    },
  }
}

/** Logs the request of the event or why there is none, and nothing of an event whose name is like none in the settings. */
function logDryRun(
  event: CapturedEvent,
  translation: Translation,
  settings: Settings,
  stored: StoredPerson | undefined,
): void {
  const logLine = (line: string): void => {
    console.log(onOneLine(withoutKey(line, settings.apiKey)))
  }
  if (translation === undefined || 'unmet' in translation) {
    const reason = translation ? unmetReasonWithValues(translation.unmet, settings) : similarNameReason(event, settings)
    if (reason !== undefined) logLine(`Dry run: the event ${quoted(event.event)} matches no setting: ${reason}.`)
  } else if ('skipped' in translation) {
    logDrySkip(event, translation.skipped + (translation.detail ?? ''))
  } else {
    logRequest(translation.request)
  }
  if (translation !== undefined && 'heldBack' in translation) {
    logLine(`Dry run: ${heldBackReason(translation.heldBack, settings)}.`)
  }
  for (const clause of nearMisses(event, settings, stored)) logLine(`Dry run: ${clause}.`)
}

/** Logs why a dry run skips the event. */
export function logDrySkip(event: CapturedEvent, reason: string): void {
  console.log(`Dry run: the event ${quoted(event.event)} is skipped: ${reason}.`)
}

function logRequest({ method, path, body, emailIfUnknown }: LoopsRequest): void {
  console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
  if (emailIfUnknown === undefined) return
  console.log(`Dry run: if Loops does not know the user ID, once more with the email ${quoted(emailIfUnknown)}.`)
}
