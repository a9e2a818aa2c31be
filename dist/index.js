// Built from index.ts and src/ by `npm run build`: change those files and not this one.
import { RetryError } from '@posthog/plugin-scaffold'
import fetch from 'node-fetch'

export const { composeWebhook, jobs, onEvent, setupPlugin } = (() => {
  // Durations in milliseconds.

  const SECOND = 1000
  const MINUTE = 60 * SECOND
  const HOUR = 60 * MINUTE
  const DAY = 24 * HOUR

  /**
   * A circuit breaker for a service that hangs, so that it blocks the server's handlers for only some seconds a minute. Its
   * states:
   *
   * - closed: requests go out, and the time-outs in a row are counted.
   * - open: after five time-outs in a row no request goes out for a minute.
   * - half-open: the minute is over, and one request finds out whether the service is back. The others wait another minute, or
   *   until that request has ended.
   */

  /** Two or three time-outs in a row are chance. */
  const MOST_TIMEOUTS = 5

  function createCircuitBreaker() {
    let state = { name: 'closed', timeouts: 0 }
    return {
      waitsUntil: () => (state.name !== 'closed' && Date.now() < state.until ? state.until : undefined),
      begin: () => {
        if (state.name !== 'closed') state = { name: 'half-open', until: Date.now() + MINUTE }
      },
      end: (timedOut) => {
        if (!timedOut) {
          state = { name: 'closed', timeouts: 0 }
          return
        }
        const timeouts = state.name === 'closed' ? state.timeouts + 1 : MOST_TIMEOUTS
        state = timeouts < MOST_TIMEOUTS ? { name: 'closed', timeouts } : { name: 'open', until: Date.now() + MINUTE }
      },
    }
  }

  /**
   * Runs a command of PostHog's cache or job queue. A command that fails is tried up to twelve times at once; one that was slow
   * to fail is not, because PostHog gives a hook 30 seconds in all.
   *
   * @returns what the command answers. Nothing is awaited here: PostHog guards each `await` of an app, at 130 microseconds.
   * @throws what the last try threw.
   */
  function withRetries(command, start = Date.now(), triesLeft = 12) {
    return ownPromise(command).catch((error) => {
      if (triesLeft === 1 || Date.now() - start > 2 * SECOND) throw error
      return withRetries(command, start, triesLeft - 1)
    })
  }

  /** A promise of the app's VM: the server's own promises cross the border of the VM with each call. */
  async function ownPromise(command) {
    return command()
  }

  /** Starts a command whose result nothing depends on. Failures are ignored. */
  function inBackground(command) {
    withRetries(command).catch(() => undefined)
  }

  /**
   * Runs a command that may make its key, and limits the life of the key at the same time: a worker that is killed between the
   * two would leave the key without an expiry. The caller awaits it with others, and hands the answer to `ensureLife`.
   */
  function withLife({ key, life }, command, cache) {
    return Promise.all([
      Promise.resolve({ key, life }),
      withRetries(command),
      withRetries(() => cache.expire(key, life / SECOND)).catch(() => false),
    ])
  }

  /** The server has several connections to Redis, so `expire` may have run before its command and found no key: it is sent again. */
  function ensureLife([{ key, life }, answer, hasLife], cache) {
    if (!hasLife) inBackground(() => cache.expire(key, life / SECOND))
    return answer
  }

  /**
   * The log of a contact in PostHog's cache: what events write to it, an entry each, the latest first. Loops finds a contact by
   * either identifier, so each identifier has a log of its own. A period of twenty minutes has a list of its own, because the
   * cache cannot shorten a list, and each list lives for an hour.
   *
   * The functions that ask the cache await nothing: their callers await several of them at once.
   */

  const PERIOD = 20 * MINUTE
  const LOG_LIFE = HOUR

  /** At most this much of a list is read; a delayed request ignores older entries. */
  const MOST_ENTRIES = 50

  /** If the values are longer than this, in characters of JSON, the log contains only their names: each job of the contact reads it. */
  const LONGEST_VALUES = 4000

  /** Workers whose clocks differ by more do not see each other's entries at the end of a period. */
  const CLOCK_DIFFERENCE = 3 * MINUTE

  function createContactLog(cache, keyPrefix) {
    function keysOf(identity, periods) {
      return logsOf(identity).map((log) => periods.map((period) => `${keyPrefix}${log}-${period}`))
    }

    function push(identity, line) {
      const text = JSON.stringify(line)
      const keys = keysOf(identity, [periodAt(Date.now())]).flat()
      return Promise.all(keys.map((key) => withLife({ key, life: LOG_LIFE }, () => cache.lpush(key, [text]), cache)))
    }

    return {
      add: (entry) => push(entry, shortened(lateEntry(entry))),
      added: (answers) => {
        for (const answer of answers) ensureLife(answer, cache)
      },
      addRejection: (entry) => {
        const rejection = { rejected: entry.id }
        inBackground(async () => {
          for (const answer of await push(entry, rejection)) ensureLife(answer, cache)
        })
      },
      read: (identity, since) =>
        Promise.all(
          keysOf(identity, periodsBetween(since, Date.now())).map((keys) =>
            Promise.all(keys.map((key) => withRetries(() => cache.lrange(key, 0, MOST_ENTRIES - 1)))),
          ),
        ),
    }
  }

  /** The entries of one identifier that Loops has not rejected, the latest first. */
  function entriesIn(lists) {
    // One text is parsed, because it costs more to fetch an entry across the border of PostHog's VM than to parse it.
    const lines = lists.flatMap((texts) => JSON.parse(`[${texts.join(',')}]`))
    const rejected = new Set(lines.flatMap((line) => ('rejected' in line ? [line.rejected] : [])))
    return lines.flatMap((line) => ('rejected' in line || rejected.has(line.id) ? [] : [line]))
  }

  /** An event that was delayed before it came to its log says so: its position there does not show when it was received. */
  function lateEntry(entry) {
    const now = Date.now()
    return now - entry.receivedAt > SECOND ? { ...entry, loggedAt: now } : entry
  }

  function shortened(entry) {
    if (JSON.stringify(entry.values).length <= LONGEST_VALUES) return entry
    return { ...entry, values: {}, names: Object.keys(entry.values) }
  }

  function logsOf({ email, userId }) {
    return [
      ...(userId === undefined ? [] : [`user-${userId}`]),
      ...(email === undefined ? [] : [`email-${email.toLowerCase()}`]),
    ]
  }

  function periodAt(time) {
    return Math.floor(time / PERIOD)
  }

  /**
   * The periods from now back to `since`, the latest first. Where the clock was put back since then, the periods after now are
   * the earlier ones. Of a long time only the latest four are read: the lists of the others are gone.
   */
  function periodsBetween(since, now) {
    const isPutBack = since > now + CLOCK_DIFFERENCE
    const first = periodAt(isPutBack ? since : since - CLOCK_DIFFERENCE)
    const last = periodAt(isPutBack ? now : now + CLOCK_DIFFERENCE)
    const step = first < last ? -1 : 1
    const length = Math.min(4, Math.abs(last - first) + 1)
    return Array.from({ length }, (_, index) => last + step * index)
  }

  /** The value as JSON text, with an empty text for `undefined`. Returns `undefined` if the value is nested too deeply. */
  function jsonText(value) {
    try {
      return JSON.stringify(value === undefined ? '' : value)
    } catch {
      return undefined
    }
  }

  /** The object's own property of that name; `undefined` if it is inherited, missing, or `object` is not an object. */
  function ownProperty(object, name) {
    const isObject = typeof object === 'object' && object !== null
    return isObject && Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined
  }

  /** True for an object that is not an array. */
  function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  }

  /** True for a `Date`, a valid or an invalid one. */
  function isDate(value) {
    return value instanceof Date
  }

  /** The value as JSON for a message: without the API key and what `mask` hides, and cut to 120 characters. */
  function quoted(value, apiKey = '', mask = (text) => text) {
    const text = mask(withoutKey(jsonText(value) ?? 'a value that is nested too deeply', apiKey))
    return text.length > 120 ? `${text.slice(0, 120)}…` : text
  }

  /** A shorter text is no API key: masking it would replace parts of words in messages. */
  const SHORTEST_KEY = 8

  /** What a key of Loops looks like: 32 hexadecimal digits. */
  const LOOPS_KEY = /[0-9a-f]{32,}/gi

  /** A key of PostHog: a personal one (`phx_`), a secret one (`phs_`), or that of a project. Many names begin with `phx_`. */
  const POSTHOG_KEY = /\bph[cxs]_[a-z0-9]{16,}/gi

  /** True if the setting contains the API key, or is nothing but a text that looks like one. */
  function holdsKey(text, apiKey) {
    const isLikeKey = text !== '' && text.replace(LOOPS_KEY, '') === ''
    return isLikeKey || withoutKey(text, apiKey) !== text
  }

  /** True if the text contains what looks like a key of PostHog. */
  function holdsPosthogKey(text) {
    return text.replace(POSTHOG_KEY, '') !== text
  }

  /** Replaces what looks like a key of PostHog or Loops by `[API key]`. */
  function withoutLikelyKeys(text) {
    return text.replace(POSTHOG_KEY, '[API key]').replace(LOOPS_KEY, '[API key]')
  }

  /**
   * Masks a text that comes from Loops, PostHog or the network before it is logged: the API key, email addresses, the queries
   * of URLs (they may name a person or hold PostHog's token), and line breaks, which could forge a second log line.
   */
  function withoutSecrets(text, apiKey) {
    const withoutQueries = withoutKey(text, apiKey).replace(/https?:\/\/\S+/gi, withoutQuery)
    return onOneLine(withoutQueries.replace(/[^\s"'<>]+/g, withoutEmail))
  }

  function withoutQuery(url) {
    return url.split('?', 1)[0] ?? ''
  }

  /** Masks a whole word, which the pattern above reads once: a pattern for an email would begin again at each character. */
  function withoutEmail(word) {
    return /.(@|%40)./.test(word) ? '[email]' : word
  }

  /** Replaces the API key by `[API key]`, whatever its case: some settings are read in lower case. Keeps a text that is too short. */
  function withoutKey(text, apiKey) {
    return apiKey.length < SHORTEST_KEY
      ? text
      : text.replace(new RegExp(apiKey.replace(/\W/g, '\\$&'), 'gi'), '[API key]')
  }

  /** Replaces line breaks and other control characters by spaces. */
  function onOneLine(text) {
    return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  }

  /** The message of a thrown error; any other thrown value as text. */
  function messageOf(error) {
    return isRecord(error) && typeof error.message === 'string' ? error.message : String(error)
  }

  /**
   * Joins the event with its person. With the stored person PostHog's order applies: `$set` replaces the stored properties,
   * `$set_once` only adds to them, and `$unset` removes from both. Without it only `$set` counts. Other event properties are
   * never read as the person's: they may be another person's.
   *
   * @param stored the person that PostHog stores, if it was looked up.
   */
  function withPerson(event, stored) {
    const properties = isRecord(event.properties) ? event.properties : {}
    const { set, setOnce, unset } = personChanges(event)
    const layers = stored === undefined ? [set] : [setOnce, stored.properties, set]
    return {
      event,
      properties,
      person: without(layered(layers), unset),
      personId: stored?.id,
      isPersonKnown: stored !== undefined,
      setOnce: stored === undefined ? setOnce : undefined,
      unset,
    }
  }

  /** The event with a person who also has the properties in `$set_once`. */
  function withSetOnce(data) {
    const person = without(layered([data.setOnce, data.person]), data.unset)
    return { ...data, person, setOnce: undefined }
  }

  /** Reads `$set`, `$set_once` and `$unset`. PostHog takes `$unset` as a list of names, or as an object with those names. */
  function personChanges(event) {
    const { properties } = event
    const set = ownProperty(properties, '$set') ?? event.$set
    const setOnce = ownProperty(properties, '$set_once') ?? event.$set_once
    const unset = ownProperty(properties, '$unset')
    const removed = Array.isArray(unset) ? unset : Object.keys(isRecord(unset) ? unset : {})
    return {
      set: isRecord(set) ? set : undefined,
      setOnce: isRecord(setOnce) ? setOnce : undefined,
      unset: removed.filter((name) => typeof name === 'string'),
    }
  }

  /** Merges the layers; a later one wins. A single layer is returned itself: copying thousands of properties is slow. */
  function layered(layers) {
    const [first = {}, ...others] = layers.filter((layer) => layer !== undefined)
    return others.reduce((under, over) => ({ ...under, ...over }), first)
  }

  /** The properties without those names; the same object if there are no names. */
  function without(properties, names) {
    if (names.length === 0) return properties
    const removed = new Set(names)
    return Object.fromEntries(Object.entries(properties).filter(([name]) => !removed.has(name)))
  }

  /**
   * The look-up of a person in PostHog. A look-up is running (at most five in a worker), or its answer is kept for a minute or
   * until an event changes the person; a failure affects its own event only. A circuit breaker stops look-ups while PostHog hangs.
   */

  const KEPT_FOR = MINUTE
  const MOST_LOOK_UPS = 5
  const MOST_DISTINCT_IDS = 20

  /** PostHog guards each wait of an app for 30 seconds. */
  const LOOK_UP_TIMEOUT = 30 * SECOND

  /**
   * @param settings `posthogUrl` is empty if no person is looked up; `label` is the name of that setting.
   * @param keyPrefix what the app's keys in the cache begin with.
   */
  function createPersonLookUp({ posthogUrl, label, apiKey }, cache, keyPrefix) {
    const lookUps = createLookUps(posthogUrl)
    const logFailure = createFailureLog(apiKey)
    const keyOf = (distinctId) => `${keyPrefix}person-${distinctId}`

    async function result(person, distinctId) {
      try {
        const found = await person
        logFailure(undefined)
        if (found.distinctIds.length === 0) return { kind: 'missing', person: found }
        lookUps.noteKept(found, distinctId)
        inBackground(() => cache.set(keyOf(distinctId), found, KEPT_FOR / SECOND))
        return { kind: 'found', person: found }
      } catch (error) {
        logFailure(error)
        return { kind: 'failed' }
      }
    }

    return {
      noteChange: (event) => {
        if (posthogUrl === '' || !changesCustomProperty(event)) return
        for (const id of lookUps.noteChange(event.distinct_id)) inBackground(() => cache.expire(keyOf(id), 0))
      },
      startKept: ({ distinct_id: id }) => withRetries(() => cache.get(keyOf(id), null)),
      ask: async ({ distinct_id: id }) => {
        const running = lookUps.join(id)
        return 'kind' in running ? running : result(running.person, id)
      },
      check: async () => {
        if (posthogUrl === '') return
        try {
          await askPostHog('loops-app-set-up', posthogUrl)
        } catch (error) {
          const reason = withoutSecrets(messageOf(error), apiKey)
          console.warn(
            `${label}: PostHog does not answer at this URL (${reason}): it looks up no persons until PostHog answers.`,
          )
        }
      },
    }
  }

  /** Some two megabytes. */
  const MOST_KEPT = 10_000

  /** The look-ups that are running, and what the worker remembers of those that are kept. */
  function createLookUps(posthogUrl) {
    const running = new Map()
    /** The distinct_id under which a person is kept, by each of its distinct_ids. */
    const keptAs = new Map()
    const circuitBreaker = createCircuitBreaker()

    async function askOnce(distinctId) {
      const start = Date.now()
      circuitBreaker.begin()
      try {
        const person = await askPostHog(distinctId, posthogUrl)
        circuitBreaker.end(false)
        return person
      } catch (error) {
        circuitBreaker.end(Date.now() - start > 0.9 * LOOK_UP_TIMEOUT)
        throw error
      }
    }

    /** Asks again if an event has changed the person meanwhile. */
    async function ask(distinctId, changed) {
      try {
        const person = await askOnce(distinctId)
        return [distinctId, ...person.distinctIds].some((id) => changed.has(id)) ? await askOnce(distinctId) : person
      } finally {
        running.delete(distinctId)
      }
    }

    return {
      join: (distinctId) => {
        const same = running.get(distinctId)
        if (same !== undefined) return same
        const until = circuitBreaker.waitsUntil()
        if (until !== undefined) return { kind: 'open', until }
        if (running.size >= MOST_LOOK_UPS) return { kind: 'busy' }
        const changed = new Set()
        const lookUp = { person: ask(distinctId, changed), changed }
        running.set(distinctId, lookUp)
        return lookUp
      },
      noteKept: ({ distinctIds }, distinctId) => {
        if (keptAs.size >= MOST_KEPT) keptAs.clear()
        for (const id of distinctIds) keptAs.set(id, distinctId)
      },
      noteChange: (distinctId) => {
        for (const { changed } of running.values()) changed.add(distinctId)
        return [...new Set([distinctId, keptAs.get(distinctId) ?? distinctId])]
      },
    }
  }

  /** Logs the first failure after a success; `undefined` is a success. */
  function createFailureLog(apiKey) {
    let isLogged = false
    return (error) => {
      if (error !== undefined && !isLogged) {
        console.warn(
          `A person could not be looked up (${withoutSecrets(messageOf(error), apiKey)}): the event waits for another look-up, ` +
            'or is sent with its own data if PostHog has no jobs. Later failures are not logged until a look-up succeeds.',
        )
      }
      isLogged = error !== undefined
    }
  }

  /** The person from the cache; `undefined` if it has none. */
  function keptPersonIn(answer) {
    return isPerson(answer) ? answer : undefined
  }

  /** The `$` properties that SDKs set with every page view are no change. */
  function changesCustomProperty(event) {
    const { set = {}, setOnce = {}, unset } = personChanges(event)
    return [...Object.keys(set), ...Object.keys(setOnce), ...unset].some((name) => !name.startsWith('$'))
  }

  function isPerson(value) {
    return isRecord(value) && isRecord(value.properties) && typeof value.lookedUpAt === 'number'
  }

  /**
   * @returns the person, which has no distinct_ids if PostHog has no person with this one.
   * @throws Error if PostHog does not answer, or answers with another person.
   */
  async function askPostHog(distinctId, posthogUrl) {
    const lookedUpAt = Date.now()
    const path = `/api/projects/@current/persons/?distinct_id=${encodeURIComponent(distinctId)}`
    const response = await posthog.api.get(path, { host: posthogUrl })
    if (!response.ok) throw new Error(`PostHog answered ${response.status}`)
    const answer = await response.json()
    const results = ownProperty(answer, 'results')
    if (!Array.isArray(results)) throw new Error('PostHog answered without a list of persons')
    if (results.length === 0) return { properties: {}, distinctIds: [], lookedUpAt }
    const person = results[0]
    const distinctIds = ownProperty(person, 'distinct_ids')
    if (!Array.isArray(distinctIds) || !distinctIds.includes(distinctId)) {
      throw new Error('PostHog answered with a different person')
    }
    const id = ownProperty(person, 'uuid') ?? ownProperty(person, 'id')
    const properties = ownProperty(person, 'properties')
    return {
      ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
      properties: isRecord(properties) ? properties : {},
      distinctIds: distinctIds.slice(0, MOST_DISTINCT_IDS).map(String),
      lookedUpAt,
    }
  }

  /** The usual faults of JSON that people write by hand, each with the repair that removes it. */
  const FAULTS = [
    ['smart quotes instead of plain ones', /[“”„‟«»]/g, '"'],
    ['single quotes instead of double ones', /['‘’]/g, '"'],
    ['backslashes before its quotes', /\\"/g, '"'],
    ['names without quotes', /([{,]\s*)([\w$]+)(?=\s*:)/g, '$1"$2"'],
    ['a trailing comma', /,(?=\s*[\]}])/g, ''],
  ]

  /** The reason why the text is not JSON, like "a trailing comma"; `undefined` if it is not a usual one. */
  function faultOfAlmostJson(text) {
    if (text.length > 10_000) return undefined
    const found = []
    let repaired = text
    for (const [fault, pattern, repair] of FAULTS) {
      const alone = text.replace(pattern, repair)
      if (isJsonText(alone)) return fault
      const next = repaired.replace(pattern, repair)
      if (next !== repaired) found.push(fault)
      repaired = next
    }
    if (isJsonText(repaired)) return found.join(' and ')
    if (isJsonText(`${text}]`)) return 'no ] at its end'
    return isJsonText(`${text}}`) ? 'no } at its end' : undefined
  }

  function isJsonText(text) {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }

  /** A text of JSON with the colon after it, which only a name has, or the bracket of an object. */
  const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)|[{}]/g

  /**
   * Finds a name that an object in the JSON text has twice. `JSON.parse` keeps the last one and says nothing.
   *
   * @param json valid JSON.
   */
  function repeatedName(json) {
    const open = []
    for (const [token, text, colon] of json.matchAll(TOKEN)) {
      if (token === '{') open.push(new Set())
      else if (token === '}') open.pop()
      else if (text !== undefined && colon === ':') {
        const name = JSON.parse(text)
        const names = open[open.length - 1]
        if (names?.has(name) === true) return name
        names?.add(name)
      }
    }
    return undefined
  }

  /**
   * Common mistakes in a list or a mapping outside JSON: characters that other tools, spreadsheets and word processors put between or around
   * entries. The app would read them as a part of a name, which no event or property has. JSON takes each of them literally.
   */

  /** The problem of an entry that stands in a list of lines. */
  const BULLET = 'has a dash or a bullet before an entry: write commas between entries'

  const COMMON_MISTAKES = [
    // An apostrophe between two letters is no quotation mark: the user's plan.
    [/["“”„‟«»‹›「」`]|(?:^|[^\p{L}\p{N}])['‘’‚]|['‘’‚](?:[^\p{L}\p{N}]|$)/u, 'has quotation marks: remove them'],
    [
      /[\u00a0\u00ad\u180e\u2000-\u200b\u200e\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff]/,
      'has an invisible character: type the text again',
    ],
    [/\{[^{}]*\|/, 'has "|" inside braces: write one name in each pair of braces'],
    [/[;；]/, 'has ";": write commas between entries'],
    [/[|｜]/, 'has "|": write commas between entries'],
    [/[，、]/, 'has a comma of another script: write plain commas between entries'],
    [/[\p{Cc}\u2028\u2029]/u, 'has a line break or a tab: write commas between entries'],
    [/^[-–—•·‣▪◦]\s/, BULLET],
    [/^\d+[.)]\s/, 'has a number before an entry: write commas between entries'],
    [/^\/\/|^#\s|\/\*.*\*\/|\s\/\/\s/, 'has a comment: remove it'],
  ]

  /** The problem of the first mistake in an entry outside JSON; `undefined` if there is none. */
  function commonMistakeIn(entry, mistakes = COMMON_MISTAKES) {
    return mistakes.find(([pattern]) => pattern.test(entry))?.[1]
  }

  /**
   * Lists and mappings as people write them in a setting: entries between commas, or JSON for names that contain commas,
   * colons or characters that are mistakes elsewhere. Every function rejects the setting if it cannot read it, and shows the `example`.
   * A text that is rejected because of a mistake may be meant: `literal` says how JSON takes it literally, and is left out where
   * no such text can be right.
   */

  /**
   * The entries of a list, without empty ones and without spaces around them; JSON entries keep their spaces.
   *
   * @returns `undefined` if the setting is rejected.
   */
  function parseList(field, example, literal) {
    if (!isJson(field.text)) return plainEntries(field, literal)
    const list = parseJson(field, example)
    if (list === undefined) return undefined
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) {
      return list.filter((entry) => entry !== '')
    }
    field.reject(field.text, `is not a JSON list of texts: write it like ${example}`)
    return undefined
  }

  /**
   * The `name: value` entries of a mapping that could be read. The values are texts, or any JSON values if the setting is a
   * JSON object.
   */
  function parseEntries(field, example, literal) {
    if (isJson(field.text) || isJsonObject(field.text)) {
      const json = parseJson(field, example)
      if (isRecord(json)) return Object.entries(json)
      if (json !== undefined) field.reject(field.text, `is not a JSON object: write it like ${example}`)
      return []
    }
    const entries = []
    const literalPair = (entry) => {
      const [name, value] = pairIn(entry)
      return name === '' || commonMistakeIn(name) !== undefined ? undefined : literal?.(name, value)
    }
    for (const entry of plainEntries(field, literalPair) ?? []) {
      const [name, value] = pairIn(entry)
      const problem = problemOfPair(name, value, entry)
      if (problem !== undefined) {
        field.reject(entry, problem)
      } else if (name === '' || value.startsWith('//')) {
        field.reject(
          entry,
          `is not "name: value": write a colon between the two; if a name or a text has a comma or a colon, write JSON like ${example}`,
        )
      } else {
        entries.push([name, value])
      }
    }
    return entries
  }

  /** The setting as JSON; `undefined` if it is rejected. */
  function parseJson(field, example) {
    let json
    try {
      json = JSON.parse(field.text)
    } catch {
      const fault = faultOfAlmostJson(field.text)
      const reason =
        fault === undefined ? 'which needs double quotes around names and texts' : `because it has ${fault}`
      field.reject(field.text, `is not valid JSON, ${reason}: write it like ${example}`)
      return undefined
    }
    const repeated = repeatedName(field.text)
    if (repeated === undefined) return json
    field.reject(repeated, IS_REPEATED)
    return undefined
  }

  /** The problem of a name that a mapping has twice. */
  const IS_REPEATED = 'appears twice: remove one of the two'

  /** True if the setting is meant as JSON: it starts with `[`, or with `{` followed by a quote or `}`. */
  function isJson(text) {
    return /^(\[|\{\s*["'“”„‘’}])/.test(text)
  }

  /** True if the setting is meant as a JSON object: it starts with `{`, but not with a placeholder. */
  function isJsonObject(text) {
    return text.startsWith('{') && !/^\{\s*(event|person)\./.test(text)
  }

  /** Rejects a text because of a mistake. @param literal the JSON that takes the text literally, if it can be meant. */
  function rejectMistake(field, text, problem, literal) {
    const tail = literal === undefined ? '' : `; to use this text literally, write JSON like ${literal}`
    field.reject(text, problem + tail)
  }

  /** The value as JSON for a remedy. */
  function jsonFor(value) {
    return quoted(value, '', withoutLikelyKeys)
  }

  /** The entries between commas, without empty ones and without spaces around them. */
  function splitList(text) {
    return text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
  }

  /** The entries between commas; `undefined` if the setting is rejected because of a mistake. */
  function plainEntries(field, literal = () => undefined) {
    const entries = splitList(field.text)
    const wrong = entries.find((entry) => commonMistakeIn(entry) !== undefined)
    if (wrong === undefined) return entries
    rejectMistake(field, field.text, commonMistakeIn(wrong) ?? '', literal(wrong))
    return undefined
  }

  /** The name and the value of an entry; an empty name if it has no colon. */
  function pairIn(entry) {
    const colon = entry.indexOf(':')
    return [entry.slice(0, Math.max(colon, 0)).trim(), entry.slice(colon + 1).trim()]
  }

  /** The problem of one `name: value` outside JSON; `undefined` if there is none. */
  function problemOfPair(name, value, entry) {
    const isEquation = name === '' ? /^[^:]*=/.test(entry) : name.includes('=') || /^[=:>]/.test(value)
    if (isEquation) return 'needs one ":" between name and value: write "name: value"'
    if (/[{}]|\b(event|person)\.properties\b/.test(name)) {
      return 'has a placeholder before the colon: write the name in Loops first, then the value'
    }
    if (/^\$?\*$/.test(name) || value === '*') return 'has "*", which only event names may contain: write each name'
    if (/^\*\s/.test(name)) return BULLET
    if (name.includes('：')) return 'has a colon of another script: write a plain colon between name and value'
    return name !== '' && value === '' ? 'has no value: write "name: value", or remove the entry' : undefined
  }

  /**
   * Reads a list of event names, or a JSON object from PostHog names to Loops names. Entries that are wrong are rejected.
   *
   * @param options.renamed whether the setting takes Loops names.
   */
  function parseEventNames(field, { renamed }) {
    const example = renamed ? '{"account:signup": "Signed up"}' : '["account:signup"]'
    const isObject = isJsonObject(field.text)
    const listed = isObject ? [] : parseList(field, example, literalName)
    const names = isJson(field.text) ? listed : listed?.flatMap((entry) => plainName(field, entry))
    const named = isObject ? parseEntries(field, example) : (names ?? []).map((entry) => [entry])
    if (named.length > 0 && isObject && !renamed)
      field.reject(
        field.text,
        `has event names for Loops, which a contact update does not send: write a list like ${example}`,
      )

    const patterns = named.flatMap(([entry, loopsName]) => {
      const pieces = entry.replace(/^!/, '').split('*')
      if (loopsName === undefined) return [{ entry, pieces }]
      if (typeof loopsName === 'string' && loopsName !== '' && !entry.startsWith('!'))
        return [{ entry, pieces, loopsName }]
      field.reject(entry, `needs the event name for Loops as text: write it like ${example}`)
      return []
    })
    const included = patterns.filter(({ entry }) => !entry.startsWith('!'))
    if (included.length === 0 && patterns.length > 0) {
      field.reject(field.text, 'only excludes events: put * first to include all others')
    }
    return {
      exact: new Map(included.filter(({ pieces }) => pieces.length === 1).map((pattern) => [pattern.entry, pattern])),
      wildcards: included.filter(({ pieces }) => pieces.length > 1),
      excluded: patterns.filter(({ entry }) => entry.startsWith('!')),
    }
  }

  /**
   * Finds the event's name in Loops: an exact name before a wildcard, and no name if an exclusion matches.
   *
   * @returns the Loops name of the pattern that matches, the event's own name if the pattern gives no Loops name, or
   * `undefined` if no pattern matches.
   */
  function nameInLoops({ exact, wildcards, excluded }, event) {
    if (typeof event !== 'string' || event === '') return undefined
    const pattern = exact.get(event) ?? wildcards.find(({ pieces }) => matchesWildcard(pieces, event))
    if (pattern === undefined) return undefined
    if (excluded.some(({ pieces }) => matchesWildcard(pieces, event))) return undefined
    return pattern.loopsName ?? event
  }

  /** Mistakes in an event name outside JSON: notations of other tools, which the app does not read. */
  const NAME_MISTAKES = [
    [/[{}]|^<.*>$/, 'has braces or angle brackets: write the event name without them'],
    [/:\s/, 'has a colon and a space: write event names only; another name in Loops needs {"purchase": "Purchase"}'],
    [/=|->|→/, 'has "=" or an arrow: write event names only; another name in Loops needs {"purchase": "Purchase"}'],
    [/^-/, 'starts with "-": write ! before an event to leave it out'],
    [/^!|^$/, 'has no event name after "!": write one'],
    [/[\s*]!\S/, 'has "!" inside: write a comma before it'],
    [/\s(OR|AND)\s|^NOT\s/, 'has OR, AND or NOT: write commas between events, and ! before an event to leave it out'],
    [/[：＊！]/, 'has a character of another script: write the plain one'],
    [/^\^|\$$|^\(\?|^\.[*+?]|\.\+|\\|^\/.*\/\w*$|\][*+?{]/, 'looks like a regular expression: write * for any text'],
    [/^%|%$/, 'starts or ends with "%": write * for any text'],
    [
      /^(all|any|all events|everything)$|^(all|any|everything)\b.*\b(but|except|without)\s/i,
      'is not the name of an event: write * for every event',
    ],
    [/^(none|null|undefined|n\/a)$/i, 'is not the name of an event: leave the setting empty for no events'],
  ]

  /** An entry outside JSON, without the spaces after its `!`; empty if it is rejected. */
  function plainName(field, entry) {
    const name = entry.replace(/^!\s*/, '')
    const mistake = commonMistakeIn(name, NAME_MISTAKES)
    if (mistake === undefined) return [entry.startsWith('!') ? `!${name}` : name]
    rejectMistake(field, entry, mistake, literalName(entry))
    return []
  }

  function literalName(entry) {
    return jsonFor([entry])
  }

  /** True if the name consists of the pieces with any text between them. Takes the first occurrence of each piece after the piece before it, so that one pass over the name is enough. */
  function matchesWildcard(pieces, name) {
    const first = pieces[0] ?? ''
    const last = pieces[pieces.length - 1] ?? ''
    if (pieces.length === 1) return name === first
    if (!name.startsWith(first) || !name.endsWith(last)) return false
    let position = first.length
    for (const piece of pieces.slice(1, -1)) {
      const found = name.indexOf(piece, position)
      if (found < 0) return false
      position = found + piece.length
    }
    return position <= name.length - last.length
  }

  /** Dates and times as the operators `is_date_exact`, `is_date_before` and `is_date_after` read them. */

  const DAY_FORM = '(\\d{4})(-?)(\\d\\d)\\2(\\d\\d)'
  const CLOCK_FORM = '(\\d\\d)(?::?(\\d\\d)(?::?(\\d\\d)(?:[.,](\\d+))?)?)?'
  /** Some programs write a space before the zone, or `UTC` after the offset. */
  const ZONE_FORM = '(?: ?(?:Z|UTC|GMT|([+-])(\\d\\d)(?::?(\\d\\d))?(?: UTC)?))?'
  const DATE_AND_TIME = new RegExp(`^${DAY_FORM}(?:[T ]${CLOCK_FORM}${ZONE_FORM})?$`, 'i')
  const WHOLE_DAY = new RegExp(`^${DAY_FORM}$`)

  /** A shorter number written as a text is a year or a day. */
  const UNIX_TIME = /^-?\d{9,}(\.\d+)?$/

  /**
   * Milliseconds since 1970 of an ISO 8601 date or time (UTC if it has no zone, with a space or a `T` between the two), or of
   * a Unix time of seconds or milliseconds, as a number or a text. `undefined` for any other value.
   */
  function timeIn(value) {
    if (typeof value === 'number') return unixTime(value)
    if (typeof value !== 'string') return undefined
    const text = value.trim()
    return UNIX_TIME.test(text) ? unixTime(Number(text)) : isoTime(text)
  }

  /** The time that the value names, or the whole day of a date without a time; `undefined` if it is neither. */
  function spanIn(value) {
    const from = timeIn(value)
    const isWholeDay = typeof value === 'string' && WHOLE_DAY.test(value.trim())
    return from === undefined ? undefined : { from, to: isWholeDay ? from + DAY - 1 : from }
  }

  /** True for a date relative to the current one, as PostHog writes it (`-7d`, `-1mStart`, `dStart`) or people do. */
  function isRelativeDate(value) {
    return (
      typeof value === 'string' &&
      /^([+-]?\d+ ?[a-z]+|[a-z](start|end)|now|today|yesterday|tomorrow|(last|past|next|this) .*|\d+ [a-z]+ ago)$/i.test(
        value.trim(),
      )
    )
  }

  /** Seconds until the year 5138; a larger number is milliseconds. */
  function unixTime(value) {
    const time = Math.round(Math.abs(value) < 100_000_000_000 ? value * 1000 : value)
    return Number.isNaN(new Date(time).getTime()) ? undefined : time
  }

  function isoTime(text) {
    const found = DATE_AND_TIME.exec(text)
    if (found === null) return undefined
    const [, year = '', , month = '', date = '', hour = '00', minute = '00', second = '00', fraction = '0'] = found
    const [sign, hours = '0', minutes = '0'] = found.slice(9)
    const day = `${year}-${month}-${date}`
    // JavaScript reads February 30 as a day of March.
    if (new Date(`${day}T00:00Z`).getUTCDate() !== Number(date)) return undefined
    const time = Date.parse(`${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
    const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE
    const moment = sign === '-' ? time + offset : time - offset
    return Number.isNaN(moment) ? undefined : moment
  }

  /**
   * Makes the test of a class from its parts. If `ignoresCase` is set, RE2 adds the other case of each character before it
   * negates a set, so every set is compiled as it stands and its answer is negated here. Throws for an unknown script.
   */
  function classTest(parts, isNegated, ignoresCase) {
    const compile = (source) => new RegExp(`[${source}]`, ignoresCase ? 'iu' : 'u')
    const sourcesOf = (negated) => parts.filter((part) => part.isNegated === negated).map(({ source }) => source)
    const included = compile(sourcesOf(false).join(''))
    const excluded = sourcesOf(true).map(compile)
    return rememberingLast(
      (character) => (included.test(character) || excluded.some((set) => !set.test(character))) !== isNegated,
    )
  }

  /** A part that is repeated 1,000 times has one test for its 1,000 states, which all look at the same character in turn. */
  function rememberingLast(test) {
    let last
    let answer = false
    return (character) => {
      if (character !== last) {
        answer = test(character)
        last = character
      }
      return answer
    }
  }

  function literalTest(character, ignoresCase) {
    if (!ignoresCase) return (other) => other === character
    return classTest([rangeOf(character, character)], false, true)
  }

  /** Throws if the range has no character. */
  function rangeOf(first, last) {
    const [from = 0, to = 0] = [first.codePointAt(0), last.codePointAt(0)]
    if (from > to) throw new Error('The range is empty')
    return { source: `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`, isNegated: false }
  }

  const PERL_CLASSES = { d: '0-9', s: '\\t\\n\\f\\r ', w: '\\w' }

  /** The class of `\d`, `\s` or `\w`, or of its negation in capitals. */
  function perlClass(letter) {
    const name = letter.toLowerCase()
    return { source: PERL_CLASSES[name] ?? '', isNegated: letter !== name }
  }

  /** The classes that `[[:name:]]` names; RE2 knows them for ASCII only. */
  const NAMED_CLASSES = new Map([
    ['alnum', '0-9A-Za-z'],
    ['alpha', 'A-Za-z'],
    ['ascii', '\\x00-\\x7f'],
    ['blank', '\\t '],
    ['cntrl', '\\x00-\\x1f\\x7f'],
    ['digit', '0-9'],
    ['graph', '!-~'],
    ['lower', 'a-z'],
    ['print', ' -~'],
    ['punct', '!-\\/:-@\\[-`\\{-~'],
    ['space', '\\t-\\r '],
    ['upper', 'A-Z'],
    ['word', '\\w'],
    ['xdigit', '0-9A-Fa-f'],
  ])

  /** The class that stands between `[:` and `:]`. Throws if RE2 knows no class of that name. */
  function namedClass(written) {
    const isNegated = written.startsWith('^')
    const source = NAMED_CLASSES.get(isNegated ? written.slice(1) : written)
    if (source === undefined) throw new Error('The class has no known name')
    return { source, isNegated }
  }

  /** JavaScript also takes a script's code of four letters, such as `Grek`. RE2 takes these names only. */
  const NAMES_OF_FOUR_LETTERS = ['Ahom', 'Cham', 'Kawi', 'Lisu', 'Miao', 'Modi', 'Newa', 'Thai', 'Toto']

  /** The set after `\p` or, if `isNegated` is set, `\P`: a general category, a script, or `Any`; `^` negates it. */
  function unicodeClass(written, isNegated) {
    const name = written.replace(/^\^/, '')
    if (/^[A-Z][a-z]{3}$/.test(name) && !NAMES_OF_FOUR_LETTERS.includes(name)) throw new Error('The script is unknown')
    const property = /^(?:[LMNPSZC][a-z]?|LC|Any)$/.test(name) ? name : `Script=${name}`
    return { source: `\\p{${property}}`, isNegated: isNegated !== (name !== written) }
  }

  function isWord(character) {
    if (character === undefined) return false
    return (
      (character >= 'a' && character <= 'z') ||
      (character >= 'A' && character <= 'Z') ||
      (character >= '0' && character <= '9') ||
      character === '_'
    )
  }

  /** The tests of a position, by how RE2 writes them. `(?m)` replaces the first two by those of `LINE_TESTS`. */
  const POSITION_TESTS = new Map([
    ['^', (_, position) => position === 0],
    ['$', (characters, position) => position === characters.length],
    ['\\A', (_, position) => position === 0],
    ['\\z', (characters, position) => position === characters.length],
    ['\\b', (characters, position) => isWord(characters[position - 1]) !== isWord(characters[position])],
    ['\\B', (characters, position) => isWord(characters[position - 1]) === isWord(characters[position])],
  ])

  const LINE_TESTS = new Map([
    ['^', (characters, position) => position === 0 || characters[position - 1] === '\n'],
    ['$', (characters, position) => position === characters.length || characters[position] === '\n'],
  ])

  /** RE2's own bounds: how often a part may be repeated, nested repetitions multiplied, and how deep groups may nest. */
  const MOST_REPETITIONS = 1000
  const DEEPEST_GROUP = 999

  /** Reads a pattern of RE2's syntax. Throws if RE2 refuses it; RE2 knows neither look-arounds nor back-references. */
  function parsePattern(source) {
    const reader = { source, position: 0, depth: 0, flags: '', groupNames: new Set() }
    const pattern = parseChoice(reader)
    if (reader.position < source.length) throw new Error('A parenthesis was not opened')
    return pattern
  }

  /** Reads the next text if it has this form, which must be sticky (`y`). */
  function take(reader, form) {
    form.lastIndex = reader.position
    const found = form.exec(reader.source) ?? undefined
    reader.position += found?.[0].length ?? 0
    return found
  }

  function isAtEndOfWay(reader) {
    return reader.position >= reader.source.length || '|)'.includes(reader.source.charAt(reader.position))
  }

  function parseChoice(reader) {
    const parts = [parseSequence(reader)]
    while (take(reader, /\|/y)) parts.push(parseSequence(reader))
    return { kind: 'choice', parts }
  }

  function parseSequence(reader) {
    const parts = []
    let isRepeated = false
    while (!isAtEndOfWay(reader)) {
      const bounds = parseBounds(reader)
      if (bounds === undefined) {
        parts.push(...parseFlagsOrParts(reader))
      } else {
        const part = parts.pop()
        if (part === undefined || isRepeated) throw new Error('There is nothing to repeat')
        parts.push(repetitionOf(part, bounds))
      }
      isRepeated = bounds !== undefined
    }
    return { kind: 'sequence', parts }
  }

  /** How often the part in front is repeated. RE2 reads `{` as a character where no such bounds follow. */
  function parseBounds(reader) {
    const [found, sign, least, comma, most] =
      take(reader, /(?:([*+?])|\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\})\??/y) ?? []
    if (found === undefined) return undefined
    if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity]
    const minimum = Number(least)
    if (most !== undefined) return [minimum, Number(most)]
    return [minimum, comma === undefined ? minimum : Infinity]
  }

  /** Flags give no part and hold up to the end of the group; `\Q` gives a part for each character up to `\E`. */
  function parseFlagsOrParts(reader) {
    const [areFlags, added = '', removed = '', end] = take(reader, /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y) ?? []
    if (areFlags !== undefined) {
      const flags = Array.from(reader.flags + added).filter((flag) => !removed.includes(flag))
      if (end === ':') return [parseGroup(reader, flags.join(''))]
      reader.flags = flags.join('')
      return []
    }
    const [, quoted] = take(reader, /\\Q([^]*?)(?:\\E|$)/y) ?? []
    return quoted === undefined
      ? [parsePart(reader)]
      : Array.from(quoted).map((character) => literalNode(reader, character))
  }

  function parsePart(reader) {
    const [isNamed, name = ''] = take(reader, /\(\?P?<(\w+)>/y) ?? []
    if (isNamed !== undefined) {
      if (reader.groupNames.has(name)) throw new Error('Two groups have the same name')
      reader.groupNames.add(name)
      return parseGroup(reader, reader.flags)
    }
    if (take(reader, /\((?!\?)/y)) return parseGroup(reader, reader.flags)
    if (take(reader, /\(/y)) throw new Error('The group is unknown')
    const [sign] = take(reader, /[$^]|\\[AbBz]/y) ?? []
    const holds =
      (reader.flags.includes('m') ? LINE_TESTS.get(sign ?? '') : undefined) ?? POSITION_TESTS.get(sign ?? '')
    if (holds !== undefined) return { kind: 'position', holds }
    if (take(reader, /\./y)) {
      const test = reader.flags.includes('s') ? () => true : (character) => character !== '\n'
      return { kind: 'character', test, sets: 0 }
    }
    if (take(reader, /\[/y)) return parseClass(reader)
    const set = parseEscapedSet(reader)
    return set === undefined ? literalNode(reader, parseCharacter(reader)) : classNode(reader, [set], false)
  }

  /** Reads a group after its opening. The flags that it sets end with it. */
  function parseGroup(reader, flags) {
    const outerFlags = reader.flags
    reader.flags = flags
    reader.depth += 1
    if (reader.depth > DEEPEST_GROUP) throw new Error('The groups nest too deeply')
    const inner = parseChoice(reader)
    if (!take(reader, /\)/y)) throw new Error('A group is not closed')
    reader.depth -= 1
    reader.flags = outerFlags
    return inner
  }

  function literalNode(reader, character) {
    const ignoresCase = reader.flags.includes('i')
    return { kind: 'character', test: literalTest(character, ignoresCase), sets: ignoresCase ? 1 : 0 }
  }

  function classNode(reader, sets, isNegated) {
    const asked = 1 + sets.filter((set) => set.isNegated).length
    return { kind: 'character', test: classTest(sets, isNegated, reader.flags.includes('i')), sets: asked }
  }

  /** Reads a class after its `[`. A `]` that comes first is a literal. */
  function parseClass(reader) {
    const isNegated = take(reader, /\^/y) !== undefined
    const sets = []
    while (sets.length === 0 || !take(reader, /\]/y)) sets.push(parseSetOfClass(reader))
    return classNode(reader, sets, isNegated)
  }

  function parseSetOfClass(reader) {
    const [isNamed, name = ''] = take(reader, /\[:([^]*?):\]/y) ?? []
    if (isNamed !== undefined) return namedClass(name)
    const set = parseEscapedSet(reader)
    if (set !== undefined) return set
    const first = parseCharacter(reader)
    return rangeOf(first, take(reader, /-(?!\])/y) ? parseCharacter(reader) : first)
  }

  function parseEscapedSet(reader) {
    const [, perl, sign, braced, letter = ''] = take(reader, /\\(?:([dDsSwW])|([pP])(?:\{([^}]*)\}|([^])))/uy) ?? []
    if (perl !== undefined) return perlClass(perl)
    return sign === undefined ? undefined : unicodeClass(braced ?? letter, sign === 'P')
  }

  /** Reads one character, escaped or not. Throws where RE2 knows no such escape, and at the end of the pattern. */
  function parseCharacter(reader) {
    const [plain] = take(reader, /[^\\]/uy) ?? []
    if (plain !== undefined) return plain
    const [, octal] = take(reader, /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y) ?? []
    if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8))
    // RE2 has no \u0041, but the library through which PostHog calls RE2 takes it.
    const [, braced, two, four] = take(reader, /\\(?:x\{([\da-fA-F]+)\}|x([\da-fA-F]{2})|u([\da-fA-F]{4}))/y) ?? []
    const hex = braced ?? two ?? four
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16))
    const [, control] = take(reader, /\\([afnrtv])/y) ?? []
    if (control !== undefined) return CONTROL_CHARACTERS[control] ?? ''
    const [, escaped] = take(reader, /\\([^\da-zA-Z\u0080-\u{10ffff}])/uy) ?? []
    if (escaped === undefined) throw new Error('The escape is unknown')
    return escaped
  }

  const CONTROL_CHARACTERS = {
    a: '\u0007',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
  }

  function repetitionOf(part, [least, most]) {
    const isOutOfBounds = least > MOST_REPETITIONS || (most !== Infinity && most > MOST_REPETITIONS) || least > most
    const repetition = { kind: 'repetition', part, least, most }
    if (isOutOfBounds || nestedRepetitions(repetition) > MOST_REPETITIONS) throw new Error('It is repeated too often')
    return repetition
  }

  /** How often a part of the pattern is repeated at most, where `*`, `+` and `{n,}` count as their least number. */
  function nestedRepetitions(node) {
    switch (node.kind) {
      case 'character':
      case 'position':
        return 1
      case 'sequence':
      case 'choice':
        return node.parts.reduce((most, part) => Math.max(most, nestedRepetitions(part)), 1)
      case 'repetition':
        return (node.most === Infinity ? Math.max(1, node.least) : node.most) * nestedRepetitions(node.part)
    }
  }

  /**
   * Matches texts with regular expressions of RE2, the engine behind PostHog's `regex` operator. It guarantees:
   *
   * - Linear time. The matcher reads a text once and follows all ways through the pattern at the same time, so the work
   *   is at most the size of the pattern times the length of the text. JavaScript's own RegExp tries one way after the
   *   other, and a pattern such as `^(a+)+$` can hang the server.
   * - Bounded work. The size of a pattern is about its number of characters with all repetitions written out. A pattern
   *   larger than `LARGEST_PATTERN` is rejected. The matcher reads the first `LONGEST_TEXT` characters of a text and treats it
   *   as if it ended there. After `MOST_STEPS` steps it gives up.
   * - RE2's answers to two questions: is this a pattern, and does this text contain a match? The property tests compare
   *   both with `re2js`. The engine ignores captures and laziness, because neither changes whether a text matches.
   */

  const LARGEST_PATTERN = 10_000
  const LONGEST_TEXT = 10_000

  /** They take at most about 50 ms, even on a busy machine. */
  const MOST_STEPS = 1_000_000

  /** A set of characters is a regular expression of JavaScript, which takes as long as five other steps. */
  const STEPS_OF_SET = 5

  /** Makes a pattern ready to be matched. Returns `undefined` if RE2 refuses it, and if it is too large. */
  function compilePattern(source) {
    if (source.length > LARGEST_PATTERN) return undefined
    try {
      const total = { size: 0 }
      const matched = addState(total, { next: [] })
      const start = statesBefore(matched, parsePattern(source), total)
      return { start, matched, size: total.size }
    } catch {
      return undefined
    }
  }

  /** Adds a state of that size. Throws if the pattern becomes too large. */
  function addState(total, { next, takes, holds, steps = 1 }, size = 1) {
    const id = total.size
    total.size += size
    if (total.size > LARGEST_PATTERN) throw new Error('The pattern is too large')
    // All states have the same shape: V8 then matches ten times as fast.
    return { id, takes, holds, steps, next }
  }

  /** Builds the states of one part of the pattern in front of the state that follows it. */
  function statesBefore(next, node, total) {
    switch (node.kind) {
      case 'character': {
        const steps = Math.max(1, node.sets * STEPS_OF_SET)
        return addState(total, { takes: node.test, next: [next], steps }, Math.max(1, node.sets))
      }
      case 'position':
        return addState(total, { holds: node.holds, next: [next] })
      case 'sequence':
        return node.parts.reduceRight((following, part) => statesBefore(following, part, total), next)
      case 'choice': {
        const starts = node.parts.map((part) => statesBefore(next, part, total))
        const [only] = starts
        return only !== undefined && starts.length === 1 ? only : addState(total, { next: starts }, starts.length)
      }
      case 'repetition':
        return repeatedStates(next, node, total)
    }
  }

  function repeatedStates(next, { part, least, most }, total) {
    let first = next
    let required = least
    if (most === Infinity) {
      const loop = addState(total, { next: [] })
      const body = statesBefore(loop, part, total)
      loop.next = [body, next]
      // The part in the loop is the last of the required ones.
      first = least === 0 ? loop : body
      required = Math.max(0, least - 1)
    }
    for (let optional = most === Infinity ? 0 : most - least; optional > 0; optional--) {
      first = addState(total, { next: [statesBefore(first, part, total), next] })
    }
    for (; required > 0; required--) first = statesBefore(first, part, total)
    return first
  }

  /** Whether a text contains a match of the pattern; `undefined` if the matcher has given up before it found out. */
  function matchesPattern({ start, matched, size }, text) {
    const characters = Array.from(text.slice(0, LONGEST_TEXT))
    // The last position at which the matcher was in a state, by its id: it visits no state twice at one position.
    const lastSeen = new Int32Array(size).fill(-1)
    let reached = []
    let steps = 0
    for (let position = 0; position <= characters.length; position++) {
      if (steps > MOST_STEPS) return undefined
      const character = characters[position]
      const open = reached
      open.push(start)
      reached = []
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        if (lastSeen[state.id] === position) continue
        lastSeen[state.id] = position
        steps += state.steps
        if (state === matched) return true
        if (state.takes === undefined) {
          if (state.holds?.(characters, position) === false) continue
          for (const next of state.next) if (lastSeen[next.id] !== position) open.push(next)
        } else if (character !== undefined && state.takes(character)) {
          for (const next of state.next) reached.push(next)
        }
      }
    }
    return false
  }

  /**
   * The operators of property filters, as PostHog's documentation describes them. Each operator that denies another matches
   * exactly when the other does not, because it is defined as its opposite.
   */

  const EXACT = {
    takes: 'a value, or use the operator is_not_set for a property that is missing',
    test: equalTo,
  }

  const CONTAINS = { takes: 'a text', test: containing }

  const MATCHES = {
    takes: 'a regular expression of RE2, at most 10,000 characters long with its repetitions written out',
    test: matching,
  }

  const IS_SET = { test: () => () => true }

  const DATE_OPERATOR = {
    takes: 'a date like "2024-05-01" or "2024-05-01T10:00:00Z"',
    problemOf: (written) =>
      isRelativeDate(written)
        ? 'is relative to now, which is not possible here: ' +
          'remove the filter, or write one on a property that your program sets, like is_trial = true'
        : undefined,
  }

  const operators = {
    exact: EXACT,
    is_not: { ...EXACT, isNegated: true },
    icontains: CONTAINS,
    not_icontains: { ...CONTAINS, isNegated: true },
    regex: MATCHES,
    not_regex: { ...MATCHES, isNegated: true },
    gt: comparingNumbers((found, written) => found > written),
    gte: comparingNumbers((found, written) => found >= written),
    lt: comparingNumbers((found, written) => found < written),
    lte: comparingNumbers((found, written) => found <= written),
    is_set: IS_SET,
    is_not_set: { ...IS_SET, isNegated: true },
    is_date_exact: comparingDates((time, { from, to }) => time >= from && time <= to),
    is_date_before: comparingDates((time, { from }) => time < from),
    is_date_after: comparingDates((time, { to }) => time > to),
  }

  function isOperatorName(name) {
    return typeof name === 'string' && ownProperty(operators, name) !== undefined
  }

  /** Numbers and texts that are numbers compare as numbers, `true` and `false` in any case as booleans, all else as text. */
  function equalTo(written) {
    const text = textOf(written)
    if (text === undefined) return undefined
    const [number, boolean] = [numberIn(written), booleanIn(written)]
    return (found) => {
      const foundNumber = number === undefined || areLongTexts(found, written) ? undefined : numberIn(found)
      if (foundNumber !== undefined) return foundNumber === number
      const foundBoolean = boolean === undefined ? undefined : booleanIn(found)
      return foundBoolean === undefined ? textOf(found) === text : foundBoolean === boolean
    }
  }

  /** Numbers have 15 exact digits: two longer texts, such as IDs, may differ although they give the same number. */
  function areLongTexts(found, written) {
    return typeof found === 'string' && typeof written === 'string' && Math.max(found.length, written.length) > 15
  }

  function booleanIn(value) {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string' || !/^(true|false)$/i.test(value)) return undefined
    return value.toLowerCase() === 'true'
  }

  /** The number that the value is or, in decimal notation, says; `undefined` for any other value. */
  function numberIn(value) {
    const isNumber =
      typeof value === 'number' ||
      (typeof value === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return isNumber && Number.isFinite(Number(value)) ? Number(value) : undefined
  }

  function comparingNumbers(matches) {
    return {
      takes: 'a number',
      test: (written) => {
        const right = numberIn(written)
        if (right === undefined) return undefined
        return (found) => {
          const left = numberIn(found)
          return left !== undefined && matches(left, right)
        }
      },
    }
  }

  function containing(written) {
    const text = textOf(written)?.toLowerCase()
    return text === undefined ? undefined : (found) => textOf(found)?.toLowerCase().includes(text) === true
  }

  function matching(written) {
    const source = textOf(written)
    const pattern = source === undefined ? undefined : compilePattern(source)
    return (
      pattern &&
      ((found) => {
        const text = textOf(found)
        return text !== undefined && matchesPattern(pattern, text) === true
      })
    )
  }

  /** The value as a text: lists and objects as JSON. `undefined` for null, and for a value that is nested too deeply. */
  function textOf(value) {
    if (value === null || value === undefined) return undefined
    return typeof value === 'string' ? value : jsonText(value)
  }

  /** A date without a time is the whole day, in UTC. */
  function comparingDates(matches) {
    return {
      ...DATE_OPERATOR,
      test: (written) => {
        const span = spanIn(written)
        if (span === undefined) return undefined
        return (found) => {
          const time = timeIn(found)
          return time !== undefined && matches(time, span)
        }
      },
    }
  }

  /** The condition of a property filter in words, for the reason why it does not match. */

  const PHRASES = {
    exact: 'not = VALUE',
    is_not: 'not != VALUE',
    icontains: 'not containing VALUE',
    not_icontains: 'which contains VALUE',
    regex: 'not matching VALUE',
    not_regex: 'which matches VALUE',
    gt: 'not > VALUE',
    gte: 'not >= VALUE',
    lt: 'not < VALUE',
    lte: 'not <= VALUE',
    is_set: 'not set',
    is_not_set: 'not missing',
    is_date_exact: 'not on VALUE',
    is_date_before: 'not before VALUE',
    is_date_after: 'not after VALUE',
  }

  /** What a value has to be so that the operator can compare it. */
  const KINDS = [
    { operators: /^[gl]te?$/, kind: 'a number', isOfKind: (found) => numberIn(found) !== undefined },
    { operators: /^is_date_/, kind: 'a date', isOfKind: (found) => timeIn(found) !== undefined },
  ]

  /**
   * What a property that does not pass is, and what it is not: `49.5, not > 100`, `missing, not set`. Several values are joined
   * with `or`; for an operator that denies, only those that fit.
   *
   * @param values the values of the filter, each with its test.
   */
  function failureOf(operator, values) {
    const comparison = KINDS.find(({ operators: names }) => names.test(operator))
    const shown = (value) => quoted(comparison?.kind === 'a number' ? numberIn(value) : value)
    return (found) => {
      const isThere = found !== undefined && found !== null
      if (isThere && comparison?.isOfKind(found) === false) {
        return `${typeof found === 'string' ? 'the text ' : ''}${quoted(found)}, not ${comparison.kind}`
      }
      const deciding = operators[operator].isNegated === true ? values.filter(([, test]) => test(found)) : values
      const phrase = PHRASES[operator].replace('VALUE', () => deciding.map(([value]) => shown(value)).join(' or '))
      return `${found === undefined ? 'missing' : quoted(found)}, ${phrase}`
    }
  }

  /** The plain way to write property filters: `plan = pro, person.seats > 100, email is set`. */

  /** PostHog's operators by their plain notation. */
  const OPERATORS = {
    '=': 'exact',
    '!=': 'is_not',
    '>': 'gt',
    '>=': 'gte',
    '<': 'lt',
    '<=': 'lte',
    contains: 'icontains',
    'not contains': 'not_icontains',
    matches: 'regex',
    'is set': 'is_set',
    'is not set': 'is_not_set',
  }

  /** The first operator of an entry ends its property: a name with an operator in it needs JSON. */
  const OPERATOR = /(!=|>=|<=|=|>|<)|\s(not\s+contains|contains|matches|is\s+set|is\s+not\s+set)(?=\s|$)/i

  /** Operators as other languages write them. */
  const FOREIGN = {
    ...{ '==': '=', '===': '=', '!==': '!=', '<>': '!=', '=!': '!=', '=>': '>=', '=<': '<=', '=~': 'matches' },
  }

  /** Reads filters that are separated by commas. Entries that are wrong are rejected and left out. */
  function parsePlainFilters(field) {
    return splitList(field.text).flatMap((entry) => {
      const parts = partsOf(entry)
      const problem = problemOfForm(entry, parts)
      const mistake = problem ?? mistakeIn(entry, parts) ?? problemOfProperty(parts) ?? problemOfValue(parts)
      if (mistake === undefined) return [filterOf(parts)]
      // The text can be meant only if nothing but its value looks like a mistake.
      const isValue = problem === undefined && parts.value !== '' && !parts.operator.endsWith('set')
      const isMeant = isValue && problemOfProperty(parts) === undefined && commonMistakeIn(parts.key) === undefined
      rejectMistake(field, entry, mistake, isMeant ? jsonFor([filterOf(parts)]) : undefined)
      return []
    })
  }

  /** The plain notation of an operator; one that has none has its name in JSON. */
  function plainOperator(name) {
    return Object.entries(OPERATORS).find(([, operator]) => operator === name)?.[0] ?? name
  }

  function filterOf({ key, operator, value }) {
    const [, person, name = ''] = /^(person\.)?(.*)$/.exec(key) ?? []
    const type = person === undefined ? 'event' : 'person'
    const filter = { key: name, type, operator: OPERATORS[operator] ?? 'exact' }
    return operator.endsWith('set') ? filter : { ...filter, value }
  }

  function partsOf(entry) {
    const found = OPERATOR.exec(entry)
    if (found === null) return { key: '', operator: '', value: '' }
    const [written, sign, word = ''] = found
    return {
      key: entry.slice(0, found.index).trim(),
      operator: sign ?? word.toLowerCase().replace(/\s+/g, ' '),
      value: entry.slice(found.index + written.length).trim(),
    }
  }

  /** An operator of another language, or several filters in one; `undefined` if there is none. */
  function problemOfForm(entry, { key, operator, value }) {
    const [characters = ''] = /[=!<>~]+/.exec(entry) ?? []
    const meant = FOREIGN[characters]
    if (meant !== undefined && characters.startsWith(operator)) return `has "${characters}": write ${meant}`
    if (operator === 'matches') return undefined
    const [and, or] = [/\s(and|&&)\s/i.exec(value), /\s(or)\s/i.exec(value)]
    if (
      and !== null &&
      or === null &&
      value
        .split(/\s+(?:and|&&)\s+/i)
        .slice(1)
        .every(isFilter)
    ) {
      return `has "${and[1] ?? ''}": write ${entry.replace(/\s+(?:and|&&)\s+/gi, ', ')}`
    }
    return or === null || and !== null ? undefined : problemOfOr({ key, operator, value })
  }

  function isFilter(entry) {
    return partsOf(entry).key !== ''
  }

  /** Several values, of which a filter takes a list, or filters of which one must match, which nothing takes. */
  function problemOfOr({ key, operator, value }) {
    const [first = '', ...others] = value.split(/\s+or\s+/i)
    const all = others.map((other) => (isFilter(other) ? partsOf(other) : { key, operator, value: other }))
    const remedy = 'write filters that must all match, with commas between them'
    if (all.some((other) => other.key !== key || other.operator !== operator)) {
      return `has "or" between two filters: ${remedy}`
    }
    if (operator.startsWith('not') || operator === '!=') return `has "or" after ${operator}: ${remedy}`
    const filter = { ...filterOf({ key, operator, value }), value: [first, ...all.map((other) => other.value)] }
    return `has "or": write JSON with all values, ${jsonFor([filter])}`
  }

  /** A regular expression may contain the characters that separate entries in other tools. */
  function mistakeIn(entry, { operator }) {
    return commonMistakeIn(operator === 'matches' ? entry.replace(/[;|]/g, '') : entry)
  }

  /** The problem of the property and its operator, whatever the value; `undefined` if there is none. */
  function problemOfProperty({ key, operator, value }) {
    if (operator === '') return `has no operator: write one of ${Object.keys(OPERATORS).join(', ')} after the property`
    if (key === '' || key === 'person.') return `has no property before "${operator}": write its name`
    const isOddPerson = /^\W?person\s*[.[]/i.test(key) && !/^person\.\S/.test(key)
    if (isOddPerson || NOT_A_NAME.test(key)) {
      return `has more than the name of a property: write ${plainCondition({ key, operator, value })}`
    }
    return /^not\b|^!|\snot$|\sis$/i.test(key)
      ? `has an extra word before "${operator}": write !=, not contains or is not set`
      : undefined
  }

  /** What a property that is written like a placeholder means. */
  function plainCondition({ key, operator, value }) {
    const [, root, name] = /^\{*\s*(event|person)\.(?:properties\.)?([\w$][\w $.-]*?)\s*\}*$/.exec(key) ?? []
    if (name === undefined) return 'plan for the event, person.plan for the person'
    return `${root === 'person' ? 'person.' : ''}${name} ${operator} ${value}`.trim()
  }

  /** The problem of the value; `undefined` if there is none. */
  function problemOfValue({ operator, value }) {
    if (operator.endsWith('set')) return value === '' ? undefined : `has a text after "${operator}": remove it`
    if (value === '') return `has no value after "${operator}": write one`
    if (/^!?=$/.test(operator) && /^(null|undefined)$/i.test(value)) {
      return `has "${value}", which means the text here: write "is set" or "is not set"`
    }
    if (operator === 'matches') {
      const isOfAnotherTool = /^\/.*\/[a-z]+$|^\/\^|\$\/$|^%.*%$/.test(value)
      return isOfAnotherTool
        ? 'has a pattern of another tool: write a regular expression without slashes or "%" around it'
        : undefined
    }
    if (/^(event|person|properties)\.|^is (not )?set$/i.test(value)) {
      return 'has a property or an operator after the operator: write one operator and one text'
    }
    if (/[=<>{}]|^[!~]/.test(value)) return 'has a second operator or braces: write one operator and one text'
    if (/\s(and|or|&&)\s|^\(.*\)$/i.test(value)) {
      return 'has several values or filters: write commas between filters that must all match'
    }
    return /^[*%]|[*%]$|\.\*/.test(value) ? 'has a wildcard: write contains or matches' : undefined
  }

  /** Text around a name: braces, brackets, roots of placeholders, and words and characters that people put before or into a condition. */
  const NOT_A_NAME =
    /[{}]|^(event|properties|traits|context|person\.properties)\.|^(where|if|when|and|or)\s|^[*(]|:\s|\s[-+*/]\s*\d/i

  const EXAMPLE = '[{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]'

  /**
   * Reads PostHog's filter JSON, a list of `{key, type, operator, value}`, or the plain notation, `plan = pro`. Filters that are
   * wrong are rejected and left out.
   */
  function parseFilters(field) {
    const shownOperator = isJsonOfFilters(field.text) ? (name) => name : plainOperator
    return writtenFilters(field).flatMap((filter) => parseFilter(field, filter, shownOperator))
  }

  /** A placeholder before an operator is a mistake of the plain notation. */
  function isJsonOfFilters(text) {
    return /^[[{]/.test(text) && !/^\{+\s*(event|person)\./.test(text)
  }

  /** The filters of the setting as PostHog's JSON has them, unchecked; rejects a setting that is not a list of filters. */
  function writtenFilters(field) {
    if (!isJsonOfFilters(field.text)) return parsePlainFilters(field)
    const json = parseJson(field, EXAMPLE)
    if (json === undefined) return []
    if (Array.isArray(json) || isGroup(json)) return filtersIn(field, json)
    field.reject(field.text, `is not a list of filters: write it like ${EXAMPLE}`)
    return []
  }

  /**
   * The filter that does not match the event and its person; `undefined` if all match. A filter that is known not to match
   * comes before one on an unknown property, which does not match whatever its operator.
   */
  function unmetFilter(filters, data) {
    let unknown
    for (const [index, filter] of filters.entries()) {
      const properties = filter.type === 'event' ? data.properties : data.person
      const found = ownProperty(properties, filter.key)
      const isKnown = filter.type === 'event' || isPersonPropertyKnown(filter.key, data)
      const unmet = { filter, number: index + 1, isKnown, properties, found }
      if (!isKnown) unknown ??= unmet
      else if (!matches(filter, found)) return unmet
    }
    return unknown
  }

  function matches({ tests, isNegated }, found) {
    const isThere = found !== undefined && found !== null
    return (isThere && tests.some((test) => test(found))) !== isNegated
  }

  /** Without the stored person, only what the event itself sets or removes is known. */
  function isPersonPropertyKnown(key, { isPersonKnown, person, unset }) {
    return isPersonKnown || ownProperty(person, key) !== undefined || unset.includes(key)
  }

  /** PostHog's groups, which its insights have around filters: all of the values must match, or any of them. */
  function isGroup(json) {
    return isRecord(json) && (json.type === 'AND' || json.type === 'OR') && Array.isArray(json.values)
  }

  /** PostHog's insights have three: deeper ones would run out of the stack. */
  const MOST_LEVELS = 20

  /** The filters of nested lists and groups. Rejects a group of which any filter may match. */
  function filtersIn(field, json, level = 0) {
    if (level > MOST_LEVELS) return [json]
    if (Array.isArray(json)) return json.flatMap((one) => filtersIn(field, one, level + 1))
    if (!isGroup(json)) return [json]
    const { type, values } = json
    if (type === 'AND' || values.length < 2) return values.flatMap((one) => filtersIn(field, one, level + 1))
    const remedy = 'write one filter with several values, or filters that must all match'
    field.reject(json, `is an OR group, of which any filter may match: ${remedy}`)
    return []
  }

  /** The fields of a filter that the app reads, and `label`, with which PostHog shows it. */
  const FILTER_FIELDS = ['key', 'type', 'operator', 'value', 'label']

  /** The fields of the filter that say something: PostHog exports others as null or false. */
  function statedFields(filter) {
    const fields = Object.entries(isRecord(filter) ? filter : {})
    return Object.fromEntries(fields.filter(([name, value]) => value !== null && (value !== false || name === 'value')))
  }

  function parseFilter(field, filter, shownOperator) {
    const { key, type = 'event', operator: name = 'exact', value, ...others } = statedFields(filter)
    const unknown = Object.keys(others).find((other) => !FILTER_FIELDS.includes(other))
    if (typeof key !== 'string' || key === '') {
      field.reject(filter, 'has no "key": write the name of the property')
    } else if (type !== 'event' && type !== 'person') {
      field.reject(type, `is not a filter type (filter on "${key}"): write "event" or "person"`)
    } else if (unknown !== undefined) {
      field.reject(unknown, `is not a field of a filter (filter on "${key}"): write key, operator, value and type only`)
    } else if (!isOperatorName(name)) {
      field.reject(name, `is not an operator (filter on "${key}"): write one of ${Object.keys(operators).join(', ')}`)
    } else {
      const tests = testsOf(field, name, { filter, key, value, operator: shownOperator(name) })
      if (tests !== undefined) {
        const { isNegated = false } = operators[name]
        const values = tests.map((test, index) => [listOf(value)[index], test])
        return [{ key, type, tests, isNegated, failureOf: failureOf(name, values) }]
      }
    }
    return []
  }

  /** The tests of a filter; `undefined` if a value is rejected, or if there is none where the operator needs one. */
  function testsOf(field, name, { filter, key, value, operator: shown }) {
    const operator = operators[name]
    const compared = operator.takes === undefined ? [undefined] : listOf(value)
    if (compared.length === 0 || (operator.takes !== undefined && value === undefined)) {
      field.reject(filter, 'has no "value": write the value to compare with')
      return undefined
    }
    const tests = compared.flatMap((one) => operator.test(one) ?? [])
    if (tests.length === compared.length) return tests
    const problem = compared.map((one) => operator.problemOf?.(one)).find((one) => one !== undefined)
    const invalid = `is not valid for ${shown} (filter on "${key}"): write ${operator.takes ?? 'nothing'}`
    field.reject(value, problem === undefined ? invalid : `${problem} (filter on "${key}")`)
    return undefined
  }

  function listOf(value) {
    return Array.isArray(value) ? value : [value]
  }

  /** The event's uuid; without one, a text of distinct_id, event name and timestamp, which a replayed event repeats. */
  function eventId({ event, uuid, distinct_id, timestamp }) {
    return typeof uuid === 'string' ? uuid : `${distinct_id} ${event} ${String(isoText(timestamp))}`
  }

  /** A date, or a text that `Date` can parse, as ISO 8601 text in UTC; `undefined` for any other value. */
  function isoText(timestamp) {
    const date = isDate(timestamp) ? timestamp : new Date(String(timestamp))
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
  }

  /** Names that look like another: the usual reason why a name in the settings finds nothing. */

  /**
   * Why the names do not name the event, although one of them looks like it: an exclusion matches, or capitals, spaces or
   * punctuation are the only difference. `undefined` if no name looks like it.
   */
  function whyNotNamed({ exact, wildcards, excluded }, event) {
    if (typeof event !== 'string' || event === '') return undefined
    const named = [...exact.values(), ...wildcards]
    const exclusion = excluded.find(({ pieces }) => matchesWildcard(pieces, event))
    if (exclusion !== undefined && named.some(({ pieces }) => matchesWildcard(pieces, event))) {
      return `${quoted(`!${exclusion.pieces.join('*')}`)} excludes it`
    }
    for (const [difference, simplified] of SIMPLIFICATIONS) {
      const similar = named.find(
        ({ pieces }) => !isWildcardOfSigns(pieces) && matchesWildcard(pieces.map(simplified), simplified(event)),
      )
      if (similar !== undefined) return differenceOf(event, similar.pieces.join('*'), difference)
    }
    return undefined
  }

  /** Of the properties, the one whose name looks like the missing one: the one that differs least. */
  function similarProperty(missing, properties) {
    const names = Object.keys(properties)
    for (const [difference, simplified] of SIMPLIFICATIONS) {
      const wanted = simplified(missing)
      const name = wanted === '' ? undefined : names.find((one) => simplified(one) === wanted)
      if (name !== undefined) return { name, clause: differenceOf(name, missing, difference) }
    }
    return undefined
  }

  function differenceOf(name, wanted, difference) {
    return `${quoted(name)} differs from ${quoted(wanted)} only in ${difference}`
  }

  /** Without its punctuation, `$*` would look like every name. */
  function isWildcardOfSigns(pieces) {
    return withoutSigns(pieces.join('')) === ''
  }

  const withoutSpaces = (text) => text.replace(/\s+/g, '')
  const withoutSigns = (text) => text.replace(/[\s$_-]+/g, '')

  const SIMPLIFICATIONS = [
    ['capitals', (text) => text.toLowerCase()],
    ['spaces', withoutSpaces],
    ['capitals and spaces', (text) => withoutSpaces(text.toLowerCase())],
    ['punctuation', withoutSigns],
    ['capitals and punctuation', (text) => withoutSigns(text.toLowerCase())],
  ]

  /**
   * The known name that a misspelled one most likely means: one that differs in at most two letters, and in at most two of five,
   * or the only one that continues it. Capitals, spaces and punctuation do not count.
   */
  function nearestName(written, names) {
    const letters = lettersAndDigits(written)
    const most = Math.min(2, Math.floor(letters.length * 0.4))
    const distances = names.map((name) => editDistance(letters, lettersAndDigits(name)))
    const least = Math.min(...distances)
    if (least <= most) return names[distances.indexOf(least)]
    // The last letters may be those of a plural: eventProps.
    const start = letters.slice(0, -1)
    const continued = names.filter((name) => start.length > 6 && lettersAndDigits(name).startsWith(start))
    return continued.length === 1 ? continued[0] : undefined
  }

  /** The name in lower case without spaces and punctuation, which people mistype most often. */
  function lettersAndDigits(name) {
    return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  }

  /** The Levenshtein distance of two texts. */
  function editDistance(one, other) {
    let row = Array.from({ length: other.length + 1 }, (_, index) => index)
    for (const letter of one) {
      const next = [(row[0] ?? 0) + 1]
      for (let index = 1; index <= other.length; index++) {
        const swapped = (row[index - 1] ?? 0) + (letter === other[index - 1] ? 0 : 1)
        next.push(Math.min(swapped, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1))
      }
      row = next
    }
    return row[other.length] ?? 0
  }

  /** Loops rejects a name or a value whose JSON, quotes included, has more characters. */
  const LONGEST_JSON = 500

  /**
   * Converts a PostHog value to one that Loops accepts.
   *
   * @returns a finite number, a boolean or text: a date as ISO 8601 text, a list of such values joined with `, `, and text cut
   * to 500 characters of JSON. `undefined` if the value is empty (see `isEmpty`) or nested: it is not sent.
   */
  function loopsValue(value) {
    const whole = scalar(value)
    return typeof whole === 'string' ? cutToFit(whole) : whole
  }

  /** Converts as `loopsValue` does, but does not cut text. */
  function scalar(value) {
    if (typeof value === 'string') return isEmpty(value) ? undefined : value
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value === 'boolean') return value
    if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
    return Array.isArray(value) ? joinedList(value) : undefined
  }

  /**
   * True for a value that says nothing: `''`, null, missing, `[]`, `{}`, and the texts that programs write for those by mistake
   * and that no email should show.
   */
  function isEmpty(value) {
    if (typeof value === 'string') return EMPTY_TEXTS.has(value)
    if (typeof value !== 'object') return value === undefined
    return value === null || (!isDate(value) && Object.keys(value).length === 0)
  }

  const EMPTY_TEXTS = new Set(['', 'undefined', 'null', '[object Object]'])

  /**
   * The consent that a value gives or withdraws, as people store it: a boolean, 1 or 0, or one of the words, in any case;
   * `undefined` for any other value.
   */
  function consentOf(value) {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    return CONSENT.get(String(value).trim().toLowerCase())
  }

  const CONSENT = new Map([
    ...['true', '1', 'yes', 'on'].map((word) => [word, true]),
    ...['false', '0', 'no', 'off'].map((word) => [word, false]),
  ])

  /**
   * A date as Loops accepts it: a Unix time of seconds, a number or its text, becomes one of milliseconds. Any other value is
   * returned as it is.
   */
  function dateValue(value) {
    const isTime = typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}(\.\d+)?$/.test(value))
    if (!isTime) return value
    const time = Number(value)
    return Math.abs(time) < SECONDS_BELOW ? Math.round(time * SECOND) : time
  }

  /** As seconds the year 5138, as milliseconds March 1973. */
  const SECONDS_BELOW = 1e11

  /** True if the text is one email that Loops accepts: with a dot in the domain, without a display name. */
  function isEmail(text) {
    return text.length <= 254 && fits(text) && EMAIL.test(text)
  }

  /** Cuts the text to the length that Loops allows, never inside a surrogate pair. */
  function cutToFit(text) {
    if (fits(text)) return text
    let length = 2
    let kept = ''
    // Iterates by code point, so that surrogate pairs stay whole; JSON's escapes count.
    for (const character of text.slice(0, LONGEST_JSON)) {
      length += JSON.stringify(character).length - 2
      if (length > LONGEST_JSON) break
      kept += character
    }
    return kept
  }

  /** True if the text's JSON, quotes included, has at most 500 characters. */
  function fits(text) {
    if (text.length > LONGEST_JSON) return false
    // JSON writes a UTF-16 unit with at most six characters, \uXXXX.
    return text.length * 6 + 2 <= LONGEST_JSON || JSON.stringify(text).length <= LONGEST_JSON
  }

  const EMAIL = /^[^\s\p{Cc}@"(),:;<>[\\\]]+@[^\s\p{Cc}@"(),:;<>[\\\].]+(\.[^\s\p{Cc}@"(),:;<>[\\\].]+)+$/u

  function joinedList(list) {
    const items = list.filter((item) => item !== null && (typeof item === 'object' || !isEmpty(item)))
    const texts = items.map((item) => (Array.isArray(item) ? undefined : scalar(item)))
    return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
  }

  const EVENT_FIELDS = ['event', 'uuid', 'distinct_id', 'timestamp']

  /** Reads text with placeholders like `{event.properties.NAME}`. Rejects a wrong one and then returns `undefined`. */
  function parseTemplate(field, text) {
    const doubleBraces = doubleBracesIn(text)
    if (doubleBraces !== undefined) {
      field.reject(text, doubleBraces)
      return undefined
    }
    const template = []
    let isRight = true
    let end = 0
    for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
      template.push(text.slice(end, match.index))
      const placeholder = parsePlaceholder(match[1] ?? '')
      if (placeholder === undefined) {
        isRight = false
        field.reject(match[0], `is not a placeholder: write ${placeholderFor(match[1] ?? '') ?? ALL_PLACEHOLDERS}`)
      } else {
        template.push(placeholder)
      }
      end = match.index + match[0].length
    }
    template.push(text.slice(end))
    const outside = template.filter((part) => typeof part === 'string').join('')
    if (/[{}]/.test(outside)) {
      isRight = false
      field.reject(text, `${problemOfBraces(text, outside)}: write a placeholder like {person.properties.NAME}`)
    }
    return isRight ? template.filter((part) => part !== '') : undefined
  }

  const ALL_PLACEHOLDERS =
    '{event.properties.NAME}, {person.properties.NAME}, {person.id}, {event.event}, {event.uuid}, {event.distinct_id} or {event.timestamp}'

  /** The placeholder that a text most likely means: `{person.properties.plan}` of `person.plan`; `undefined` if none. */
  function placeholderFor(text) {
    const [, written = '', rest = ''] = /^\s*\$?(?:(\w+)\.)?([\w$][\w$.-]*)\s*$/.exec(text) ?? []
    const root = ROOTS.get(written.toLowerCase())
    const [first = '', ...path] = rest.split('.')
    // After the event or the person, a word like "properties" is that word; anywhere else it may be the name of a property.
    const isSecond = !['', 'properties'].includes(written.toLowerCase())
    const meant = isSecond ? nearestName(first, ['properties']) : first.toLowerCase()
    const name = meant === 'properties' ? path.join('.') : rest
    const isName = name !== '' && !/^\$\.|\.$/.test(name)
    if (!isName || (root === undefined && written !== '')) return undefined
    if (isPlaceholder(text)) return `{${text.trim()}}`
    const letters = name.toLowerCase().replace(/[_-]/g, '')
    const field = EVENT_FIELDS.find((one) => one.replace('_', '') === letters)
    if (field !== undefined) return `{event.${field}}`
    return (root === undefined ? ['event', 'person'] : [root]).map((one) => `{${one}.properties.${name}}`).join(' or ')
  }

  /** What people write before the name of a property. */
  const ROOTS = new Map([
    ...['event', 'events', 'properties'].map((root) => [root, 'event']),
    ...['person', 'persons', 'user', 'contact', 'traits'].map((root) => [root, 'person']),
  ])

  /** The problem of double braces, with the text of a single pair; `undefined` if the text has none around a name. */
  function doubleBracesIn(text) {
    const [, name] = /\{\s*\{([^{}]*)\}\s*\}/.exec(text) ?? []
    return name === undefined ? undefined : `has double braces: write ${placeholderFor(name) ?? `{${name.trim()}}`}`
  }

  /** True for a text that is a placeholder between braces. */
  function isPlaceholder(text) {
    return parsePlaceholder(text) !== undefined
  }

  /** The problem of the braces in the text `outside` the placeholders. */
  function problemOfBraces(text, outside) {
    if (/\{\s*\{|\}\s*\}/.test(text)) return 'has double braces'
    if (!outside.includes('}')) return 'has a brace "{" without its "}"'
    if (!outside.includes('{')) return 'has a brace "}" without its "{"'
    return 'has braces that are not around a placeholder'
  }

  /**
   * Fills in a template. A template of one placeholder keeps the value's type; any other becomes text, in which a missing value
   * is an empty string. Returns `undefined` if the text is empty.
   */
  function templateValue(template, data) {
    if (typeof template !== 'object') return template
    const [only] = template
    if (template.length === 1 && typeof only === 'object') return placeholderValue(only, data)
    const text = template
      .map((part) => (typeof part === 'string' ? part : String(scalar(placeholderValue(part, data)) ?? '')))
      .join('')
    return text.trim() === '' ? undefined : text
  }

  /** The value that a placeholder stands for; `undefined` if it is missing. */
  function placeholderValue(placeholder, { event, properties, person, personId }) {
    switch (placeholder.of) {
      case 'event':
        return placeholder.field === 'timestamp' ? isoText(event.timestamp) : event[placeholder.field]
      case 'event properties':
        return propertyValue(properties, placeholder)
      case 'person properties':
        return propertyValue(person, placeholder)
      case 'person id':
        return personId
    }
  }

  /** True if the placeholder stands for a value of the person. */
  function readsPerson({ of }) {
    return of === 'person properties' || of === 'person id'
  }

  function parsePlaceholder(text) {
    const [, root, name] = /^(event|person)\.([^]+)$/.exec(text.trim()) ?? []
    if (root === undefined || name === undefined) return undefined
    if (name.startsWith('properties.') && name.length > 'properties.'.length) {
      const property = name.slice('properties.'.length)
      const of = root === 'event' ? 'event properties' : 'person properties'
      return { of, name: property, path: property.split('.') }
    }
    if (root === 'person') return name === 'id' ? { of: 'person id' } : undefined
    const field = EVENT_FIELDS.find((one) => one === name)
    return field && { of: 'event', field }
  }

  /** Looks the name up whole first, so that names with dots work, then as a path into nested objects. */
  function propertyValue(properties, { name, path }) {
    const whole = ownProperty(properties, name)
    if (whole !== undefined || path.length === 1) return whole
    return path.reduce(ownProperty, properties)
  }

  /**
   * The age of an event that happened longer before its arrival than the settings allow, as the log says it: `25 hours`;
   * `undefined` for any other event, and for one whose timestamp is not a time.
   *
   * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
   */
  function excessiveAge({ timestamp }, { maxEventAge }, receivedAt) {
    if (maxEventAge === Infinity) return undefined
    const age = receivedAt - (isDate(timestamp) ? timestamp.getTime() : Date.parse(timestamp))
    if (!(age > maxEventAge)) return undefined
    // Rounded up, so that it never looks like an age that is allowed.
    return age < 100 * HOUR ? `${Math.ceil((age / HOUR) * 10) / 10} hours` : `${Math.ceil(age / DAY)} days`
  }

  /** Who an event belongs to in Loops: the email and the user ID of the request. */

  /** Who the event belongs to; `undefined` if it has neither an email nor a user ID. */
  function identityOfEvent(settings, data) {
    const email = emailOf(settings, data)
    const userId = userIdOf(settings, data)
    if (email !== undefined) return { email, ...(userId !== undefined && { userId }) }
    const oldEmail = data.setOnce && emailOf(settings, withSetOnce(data))
    if (userId !== undefined) return { userId, ...(oldEmail !== undefined && { emailIfUnknown: oldEmail }) }
    return oldEmail === undefined ? undefined : { email: oldEmail }
  }

  /** The first email that the `email` setting yields, without spaces around it; `undefined` if no entry yields one. */
  function emailOf({ email }, data) {
    return email.map((template) => addressFrom(template, data)).find((address) => address !== undefined)
  }

  /** The entries of the `email` setting before the first one that yields an email; all entries if none does. */
  function emailEntriesWithoutAddress(templates, data) {
    const found = templates.findIndex((template) => addressFrom(template, data) !== undefined)
    return found < 0 ? templates : templates.slice(0, found)
  }

  /** The user ID that the `userId` setting yields; `undefined` if it is empty, or if the ID is anonymous or shared. */
  function userIdOf({ userId }, data) {
    return personalId(textOfPersonalParts(userId, data), data)
  }

  /** The ID because of which the `userId` setting yields none; `undefined` if it is empty, missing or too long. */
  function impersonalId({ userId }, data) {
    const parts = userId.flatMap((part) => (typeof part === 'string' ? [] : [placeholderValue(part, data)]))
    const values = [...parts, textOfPersonalParts(userId, data)]
    const value = values.find((one) => personalId(one, data) === undefined)
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    const id = String(value)
    // A pattern that looks for an end takes long for a text of many spaces.
    const word = fits(id) ? withoutQuotes(id).toLowerCase() : ''
    if (word === '') return undefined
    return { isDistinctId: id === data.event.distinct_id, ...(isShared(id) && { shared: word }) }
  }

  /**
   * True if PostHog may store a person under the event's distinct_id that belongs to this person only, and a URL can hold the ID. It stores
   * one for the IDs of mobile SDKs, too, whether they are anonymous or not.
   */
  function hasOwnPerson({ event, properties }) {
    const id = event.distinct_id
    return canBePersonal(id, properties) && !isAnonymous(id, properties) && !/[\p{Cc}\ud800-\udfff]/u.test(id)
  }

  /** True if many people would share the ID: Loops would make one contact of them. */
  function isShared(id) {
    return SHARED_ID.test(withoutQuotes(id))
  }

  function withoutQuotes(id) {
    return id.replace(/^[\s'"]+|[\s'"]+$/g, '')
  }

  /** The IDs with which PostHog refuses to identify a person (its docs call them illegal distinct IDs). */
  const SHARED_ID =
    /^(anonymous|guest|distinct_?id|id|not_authenticated|email|undefined|true|false|null|none|nan|0|\[object object\]|)$/i

  function addressFrom(template, data) {
    const value = template.length === 1 ? templateValue(template, data) : textOfPersonalParts(template, data)
    return typeof value === 'string' && isEmail(value.trim()) ? value.trim() : undefined
  }

  /** Fills in the template. Returns `undefined` if a part is missing, anonymous or shared: people would share the result. */
  function textOfPersonalParts(template, data) {
    const parts = template.map((part) =>
      typeof part === 'string' ? part : personalId(placeholderValue(part, data), data),
    )
    return parts.includes(undefined) ? undefined : parts.join('')
  }

  /** The value as text if it can be one person's ID: text or a number, not anonymous, not shared, not too long. */
  function personalId(value, { event, properties }) {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined
    const id = String(value)
    if (!canBePersonal(id, properties)) return undefined
    if (id !== event.distinct_id) return id
    return isAnonymous(id, properties) || isMadeByMobileSdk(event, properties) ? undefined : id
  }

  /** True if the ID is not a device's, not shared and not too long. It is never cut: two people could get the same ID. */
  function canBePersonal(id, properties) {
    return id !== ownProperty(properties, '$device_id') && fits(id) && !isShared(id)
  }

  /** True if PostHog's SDKs made the event's distinct_id for a visitor without a name, for many visitors, or for a group. */
  function isAnonymous(distinctId, properties) {
    return (
      ownProperty(properties, '$is_identified') === false ||
      ownProperty(properties, '$process_person_profile') === false ||
      ownProperty(properties, '$cookieless_mode') === true ||
      ownProperty(properties, '$anon_distinct_id') === distinctId ||
      // `$company_acme` is a group's, `$posthog_cookieless` that of all visitors without cookies.
      distinctId.startsWith('$') ||
      distinctId.startsWith('cookieless_') ||
      isAnonymousInOldBrowser(distinctId, properties)
    )
  }

  /**
   * posthog-js of before 2025 writes no `$is_identified`: there only `$user_id` tells who has identified. Comparing with
   * `$device_id` is not enough, because `reset()` keeps the device and makes a new anonymous ID.
   */
  function isAnonymousInOldBrowser(distinctId, properties) {
    const hasDevice = (ownProperty(properties, '$device_id') ?? undefined) !== undefined
    const isTold = (ownProperty(properties, '$is_identified') ?? undefined) !== undefined
    return (
      ownProperty(properties, '$lib') === 'web' &&
      hasDevice &&
      !isTold &&
      ownProperty(properties, '$user_id') !== distinctId
    )
  }

  /**
   * The SDKs for mobile apps do not say whether somebody has identified. The anonymous IDs that they make are UUIDs of version 7,
   * so such an ID counts as one of them, unless `$identify` names it together with the anonymous ID before.
   */
  function isMadeByMobileSdk({ event, distinct_id }, properties) {
    if (!MOBILE_SDKS.has(ownProperty(properties, '$lib')) || !UUID_7.test(distinct_id)) return false
    const isNamed = event === '$identify' && (ownProperty(properties, '$anon_distinct_id') ?? '') !== ''
    return !isNamed && ownProperty(properties, '$is_identified') !== true
  }

  const MOBILE_SDKS = new Set([
    ...['posthog-react-native', 'posthog-ios', 'posthog-android', 'posthog-flutter', 'posthog-js-lite'],
  ])

  const UUID_7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/i

  /** Whether the app has to look up the event's person in PostHog. */

  /**
   * True if the app has to look up the person: `posthogUrl` is set, and a rule that may match the event needs person data that
   * the event lacks. An anonymous event, and one of a shared distinct_id, has no person of its own to look up.
   */
  function needsPerson(event, settings, receivedAt) {
    if (settings.posthogUrl === '') return false
    const data = withPerson(event)
    if (!hasOwnPerson(data)) return false
    const rules = rulesThatMayMatch(data, settings, receivedAt)
    const lacksValue = (template) =>
      typeof template === 'object' &&
      template.some(
        (part) => typeof part === 'object' && readsPerson(part) && placeholderValue(part, data) === undefined,
      )
    return (
      rules.some((rule) => rule === settings.contactUpdates && rule.includeAll) ||
      rules.some((rule) => needsLookUp(rule, data)) ||
      rules.some(({ mapping, mailingLists }) => [...mapping.values(), ...mailingLists.values()].some(lacksValue)) ||
      (rules.length > 0 &&
        (lacksValue(settings.userId) || emailEntriesWithoutAddress(settings.email, data).some(lacksValue)))
    )
  }

  /**
   * The settings for an event whose person PostHog did not return: they take no email from an entry after the first that PostHog
   * may fill, because Loops would link the contact to that email.
   */
  function settingsWithoutPerson(event, settings) {
    const data = withPerson(event)
    const first = settings.email.findIndex((template) =>
      template.some(
        (part) => typeof part === 'object' && readsPerson(part) && placeholderValue(part, data) === undefined,
      ),
    )
    return first < 0 ? settings : { ...settings, email: settings.email.slice(0, first + 1) }
  }

  /** True if a filter of a rule that may match the event needs person data that the event lacks. */
  function filtersNeedPerson(event, settings, receivedAt) {
    const data = withPerson(event)
    return rulesThatMayMatch(data, settings, receivedAt).some((rule) => needsLookUp(rule, data))
  }

  /** The rules that name the event and whose filters may match it; none for an event that is too old. */
  function rulesThatMayMatch(data, settings, receivedAt) {
    if (excessiveAge(data.event, settings, receivedAt) !== undefined) return []
    return [settings.eventsToSend, settings.contactUpdates].filter(
      ({ events, filters }) =>
        nameInLoops(events, data.event.event) !== undefined && unmetFilter(filters, data)?.isKnown !== true,
    )
  }

  /** True if a filter looks at a person property that only a look-up can tell. */
  function needsLookUp({ filters }, data) {
    return unmetFilter(filters, data)?.isKnown === false
  }

  /**
   * Reads emails, domains (`example.com`, `@example.com`, `*@example.com`) and domains with all domains below them
   * (`*.example.com`). Any other entry is rejected.
   */
  function parseExcludedEmails(field) {
    const entries = parseList(field, '["example.com", "ada@example.org"]') ?? []
    return new Set(
      entries.map((written) => {
        const entry = written.trim().toLowerCase()
        const domain = entry.replace(/^\*?@/, '')
        if (entry.startsWith('www.')) field.reject(written, `is the name of a web page: ${remedyFor(entry)}`)
        if (isDomain(domain) || isDomain(entry.replace(/^\*\./, ''))) return domain
        if (!isAddress(entry)) field.reject(written, `is neither an email nor a domain: ${remedyFor(entry)}`)
        return entry
      }),
    )
  }

  /** True if the setting lists the email, its domain, or a domain above it with all below; ignores case. */
  function isExcluded(excluded, email) {
    if (excluded.size === 0) return false
    const address = email.toLowerCase()
    const domain = address.slice(address.indexOf('@') + 1)
    const labels = domain.split('.')
    return (
      excluded.has(address) ||
      excluded.has(domain) ||
      labels.some((_, index) => excluded.has(`*.${labels.slice(index).join('.')}`))
    )
  }

  function isDomain(text) {
    return DOMAIN.test(text)
  }

  /** True for an email that is not a pattern: without `*` and `%`, and with a letter, a digit or `_` at its beginning. */
  function isAddress(text) {
    return isEmail(text) && /^[\p{L}\p{N}_][^*%]*$/u.test(text) && isDomain(text.slice(text.indexOf('@') + 1))
  }

  const DOMAIN =
    /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?\.)+(?=[^.]*\p{L})[\p{L}\p{N}\p{M}-]{2,}$/u

  /** What to write instead of an entry, from the email or the domain in it. */
  function remedyFor(written) {
    const entry = written.replace(/\bwww\./g, '')
    const examples = 'write ada@example.org, example.com or *.example.com'
    if (entry.length > 300) return examples
    const [address] = /[\p{L}\p{N}_][\p{L}\p{N}_.+-]*@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u.exec(entry) ?? []
    if (address !== undefined && isAddress(address)) return `write ${address}`
    const [domain] = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u.exec(entry) ?? []
    if (domain === undefined || !isDomain(domain)) return examples
    const isPattern = /[*%.]/.test(entry.slice(0, entry.indexOf(domain)))
    return isPattern ? `write *.${domain} for ${domain} and all domains below it` : `write ${domain}`
  }

  /** The fields of a Loops request that are not contact properties. The app writes them itself, from their own settings. */
  const REQUEST_FIELDS = new Set(['email', 'userId', 'eventName', 'eventProperties', 'mailingLists'])

  /** Names that Loops reserves on a contact, and `__proto__`, which would change a prototype. */
  const RESERVED = new Set(['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus', '__proto__'])

  /** Why the name cannot be a contact property in Loops, with the remedy; `undefined` if it can. */
  function contactNameProblem(name) {
    if (REQUEST_FIELDS.has(name)) return 'has its own setting: remove it from the mapping'
    if (RESERVED.has(name)) return 'is reserved by Loops: choose another name'
    return nameProblem(name)
  }

  /** Why the name cannot be an event property or a mailing list in Loops, with the remedy; `undefined` if it can. */
  function nameProblem(name) {
    if (name === '' || name === '__proto__') return 'cannot be used as a name: choose another'
    return fits(name) ? undefined : `is longer than the ${LONGEST_JSON} characters that Loops allows: shorten it`
  }

  /** The contact properties, event properties and mailing lists of a request. */

  /**
   * The contact properties that the rule includes and maps. `null` resets a property in Loops: each one that a person property
   * removed by the event has fed.
   */
  function contactProperties(rule, data, reportUnclear) {
    const kind = { isLeftOut: isLeftOutOfContact, valueOf: contactValue(reportUnclear) }
    const values = propertiesFrom(data.person, rule, kind, data)
    for (const name of namesToReset(rule, data)) if (ownProperty(values, name) === undefined) values[name] = null
    return values
  }

  /** The event properties that the rule includes and maps. */
  function eventProperties(rule, data) {
    const kind = { isLeftOut: isLeftOutOfEvent, valueOf: (_, value) => loopsValue(value) }
    return propertiesFrom(data.properties, rule, kind, data)
  }

  /** The mailing lists of the setting. */
  function mailingListValues({ mailingLists }, data, reportUnclear) {
    return consents(
      [...mailingLists].map(([id, template]) => [id, templateValue(template, data)]),
      reportUnclear,
    )
  }

  /**
   * The mailing lists that an event brings as an object `mailingLists`: in `$set`, and over those among its own properties, as
   * Segment and RudderStack take them.
   */
  function mailingListsOfEvent(event, reportUnclear) {
    const rows = [personChanges(event).set, event.properties].flatMap((source) => {
      const lists = ownProperty(source, 'mailingLists')
      return Object.entries(isRecord(lists) ? lists : {})
    })
    // Loops trims names.
    const trimmed = rows.map(([id, value]) => [id.trim(), value])
    return consents(
      trimmed.filter(([id]) => nameProblem(id) === undefined),
      reportUnclear,
    )
  }

  function consents(rows, reportUnclear) {
    const values = {}
    for (const [id, value] of rows) {
      const consent = consentOf(value)
      if (consent !== undefined) values[id] = consent
      else if (!isEmpty(value)) reportUnclear(id)
    }
    return values
  }

  function contactValue(reportUnclear) {
    return (name, found) => {
      const value = loopsValue(found)
      if (name === 'createdAt') return value === undefined ? undefined : dateValue(value)
      if (name !== 'subscribed') return value
      const consent = consentOf(found)
      if (consent === undefined && !isEmpty(found)) reportUnclear?.(name)
      return consent
    }
  }

  /** With "include all", all properties of `source`; then the mapping on top. */
  function propertiesFrom(source, { includeAll, mapping }, { isLeftOut, valueOf }, data) {
    const values = {}
    const add = (name, found) => {
      const value = valueOf(name, found)
      if (value !== undefined) values[name] = value
    }
    if (includeAll) {
      for (const written of Object.keys(source)) {
        // Loops trims names.
        const name = written.trim()
        if (!isLeftOut(name, data)) add(name, source[written])
      }
    }
    for (const [name, template] of mapping) add(name, templateValue(template, data))
    return values
  }

  /** PostHog's SDKs write their project key (`token`) and the distinct_id into the properties of each event. */
  function isLeftOutOfEvent(name, { event, properties }) {
    if (name.startsWith('$') || nameProblem(name) !== undefined) return true
    if (name === 'distinct_id') return properties.distinct_id === event.distinct_id
    return name === 'token' && typeof properties.token === 'string' && properties.token.startsWith('phc_')
  }

  /** `subscribed: true` makes Loops subscribe people again who have unsubscribed, so only a mapping may set it. */
  function isLeftOutOfContact(name) {
    return name.startsWith('$') || name === 'subscribed' || contactNameProblem(name) !== undefined
  }

  /** The contact properties that a removed person property feeds, by "include all" or as the only placeholder of a mapping. */
  function namesToReset({ includeAll, mapping }, { unset }) {
    if (unset.length === 0) return []
    const mapped = [...mapping].filter(([, template]) => {
      const part = typeof template === 'object' && template.length === 1 ? template[0] : undefined
      return typeof part === 'object' && part.of === 'person properties' && unset.includes(part.name)
    })
    const included = includeAll ? unset.map((name) => name.trim()).filter((name) => !isLeftOutOfContact(name)) : []
    return [...included, ...mapped.map(([name]) => name)].filter((name) => name !== 'subscribed')
  }

  /**
   * Translates an event to at most one request of the Loops API. The result depends on the arguments only.
   *
   * @param event the argument of the hook; it is not changed.
   * @param settings the result of `parseSettings`.
   * @param receivedAt when PostHog handed the event to the app for the first time: milliseconds since 1970.
   * @param stored the person that PostHog stores, if `needsPerson` asks for it.
   */
  function translate(event, settings, receivedAt, stored) {
    const { eventsToSend, contactUpdates } = settings
    const eventName = nameInLoops(eventsToSend.events, event.event)
    const isContactEvent = nameInLoops(contactUpdates.events, event.event) !== undefined
    if (eventName === undefined && !isContactEvent) return undefined
    const age = excessiveAge(event, settings, receivedAt)
    if (age !== undefined) {
      return { skipped: 'it is older than "Maximum event age (hours)" allows', detail: ` (${age})` }
    }

    const data = withPerson(event, stored)
    const unmetForSending = eventName === undefined ? undefined : unmetIn(eventsToSend, 'Events to send', data)
    const unmetForUpdate = isContactEvent ? unmetIn(contactUpdates, 'Update contacts', data) : undefined
    const sentName = unmetForSending === undefined ? eventName : undefined
    const updates = isContactEvent && unmetForUpdate === undefined
    if (sentName === undefined && !updates) {
      return { unmet: [unmetForSending, unmetForUpdate].filter((one) => one !== undefined) }
    }

    const result = resultFor({ sentName, updates }, settings, data)
    const heldBack = unmetForSending ?? unmetForUpdate
    return heldBack === undefined ? result : { ...result, heldBack }
  }

  function resultFor(use, settings, data) {
    const { event } = data
    const identity = identityOfEvent(settings, data)
    if (identity === undefined) return skippedWithoutEmail(event, noIdentityReason(settings, data))
    const { email, userId, emailIfUnknown } = identity
    const anyEmail = email ?? emailIfUnknown
    if (anyEmail !== undefined && isExcluded(settings.excludedEmails, anyEmail)) {
      return { skipped: 'the settings exclude its email address' }
    }

    const { content, unclear } = contentOf(use, settings, data)
    if (anyEmail === undefined && Object.keys(content).length === 0) {
      return skippedWithoutEmail(event, 'it has only a user ID, so its update would change nothing')
    }
    // The identity is written last, so that no property can overwrite it.
    const body = Object.assign(content, email !== undefined && { email }, userId !== undefined && { userId })
    const request = use.sentName === undefined ? updateContact(body) : sendEvent(body, event.uuid)
    return {
      request: emailIfUnknown === undefined ? request : { ...request, emailIfUnknown },
      ...(unclear.length > 0 && { unclearConsent: unclear }),
    }
  }

  function unmetIn(rule, group, data) {
    const unmet = unmetFilter(rule.filters, data)
    return unmet && { group, ...unmet }
  }

  /** Why the event has no identity. Only IDs that many people share are quoted. */
  function noIdentityReason(settings, data) {
    const found = impersonalId(settings, data)
    if (found === undefined) return 'it has neither an email address nor a user ID'
    const { isDistinctId, shared } = found
    if (shared !== undefined) {
      return `it has no email, and its ${isDistinctId ? 'distinct_id' : 'user ID'} "${shared}" is shared by many people`
    }
    return isDistinctId
      ? 'it has no email, and its distinct_id is anonymous'
      : 'it has no email, and its user ID is anonymous'
  }

  /** The reason names the remedy for people whose distinct_id is their email. */
  function skippedWithoutEmail({ distinct_id }, reason) {
    if (!isEmail(distinct_id)) return { skipped: reason }
    return {
      skipped:
        'its only email is its distinct_id: write {person.properties.email}, {event.distinct_id} in "Email of the user"',
    }
  }

  /**
   * The body without the identity.
   *
   * @returns `unclear` are the mailing lists, and `subscribed`, that are left out because their values are not consent.
   */
  function contentOf({ sentName, updates }, settings, data) {
    const { eventsToSend, contactUpdates } = settings
    const unclear = new Set()
    const reportUnclear = (name) => void unclear.add(name)
    const properties = updates ? contactProperties(contactUpdates, data, reportUnclear) : {}
    // The mailing lists of the settings win over those that the event brings, and those of the event over those of the contact.
    const mailingLists = {
      ...(settings.mailingListsFromEvents && mailingListsOfEvent(data.event, reportUnclear)),
      ...(updates && mailingListValues(contactUpdates, data, reportUnclear)),
      ...(sentName !== undefined && mailingListValues(eventsToSend, data, reportUnclear)),
    }
    const content = Object.assign(
      properties,
      sentName !== undefined && {
        // Loops rejects event names with colons.
        eventName: cutToFit(sentName.replace(/:/g, '_')),
        eventProperties: eventProperties(eventsToSend, data),
      },
      Object.keys(mailingLists).length > 0 && { mailingLists },
    )
    return { content, unclear: [...unclear].filter((name) => !(name in mailingLists)) }
  }

  function updateContact(body) {
    return { method: 'PUT', path: '/v1/contacts/update', body }
  }

  function sendEvent(body, uuid) {
    const request = { method: 'POST', path: '/v1/events/send', body }
    // Loops allows 100 characters; a uuid with other characters could forge an HTTP header.
    return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
  }

  const PROPERTY = 'property '
  const LIST = 'list '

  function isUpdate({ path }) {
    return path === '/v1/contacts/update'
  }

  function identityOf({ email, userId }) {
    return { ...(typeof email === 'string' && { email }), ...(typeof userId === 'string' && { userId }) }
  }

  /** What the body of a request writes to the contact. */
  function contactValues(body) {
    const properties = Object.entries(body).filter(([name]) => !REQUEST_FIELDS.has(name))
    const lists = isRecord(body.mailingLists) ? Object.entries(body.mailingLists) : []
    return Object.fromEntries([
      ...properties.map(([name, value]) => [PROPERTY + name, value]),
      ...lists.map(([id, value]) => [LIST + id, value]),
    ])
  }

  /**
   * The body of a request, its fields in the order of `translate`, so that the same values give the same bytes.
   *
   * @param event the body whose event is sent; `{}` for an update.
   */
  function bodyOf(identity, values, event = {}) {
    const { eventName, eventProperties } = event
    const lists = entriesOf(LIST, values)
    return {
      ...Object.fromEntries(entriesOf(PROPERTY, values)),
      ...(eventName !== undefined && { eventName, eventProperties }),
      ...(lists.length > 0 && { mailingLists: Object.fromEntries(lists) }),
      ...identity,
    }
  }

  function entriesOf(kind, values) {
    return Object.entries(values)
      .filter(([name]) => name.startsWith(kind))
      .map(([name, value]) => [name.slice(kind.length), value])
  }

  /**
   * The content of a delayed request: for each value that it writes, the one that PostHog received last, at the email
   * that its user ID has now.
   */

  /** PostHog's answer may lack what it has received in the last seconds before. */
  const LOOK_UP_LAG = 10 * SECOND

  /** Clocks of workers, and the time of a command, differ by less: beyond that, the positions in the log give the order. */
  const MOST_DIFFERENCE = 30 * SECOND

  /**
   * - A request takes over values of the same contact only, and never those of another user ID, whoever has the email now.
   * - If another user ID has the email now, the request goes by the email alone, so that it links nothing anew; and it leaves out
   *   what was written since, to that email or by its own user ID.
   *
   * @param logs the entries of each identifier, the latest first.
   */
  function mergeLaterWrites(write, logs) {
    const later = entriesAfter(write, logs)
    const { identity, decisive: decisiveForIdentity } = latestIdentity(write.entry, later)
    const hasLostEmail = identity.userId !== write.entry.userId
    const values = {}
    const decisive = new Set(decisiveForIdentity)
    for (const name of namesOf(write, later)) {
      const value = ownProperty(write.values, name)
      const latest = later.find(
        ({ entry, at }) =>
          writes(entry, name) &&
          (ownProperty(write.entry.values, name) !== undefined || at > (write.lookedUpAt ?? 0) - LOOK_UP_LAG) &&
          (isSameContact(entry, write.entry) || (hasLostEmail && hasSameEmail(entry, identity))),
      )?.entry
      if (latest !== undefined) decisive.add(latest)
      if (latest === undefined && value !== undefined) values[name] = value
      else if (latest !== undefined && !hasLostEmail && latest.names === undefined) values[name] = latest.values[name]
    }
    const from = later.flatMap(({ entry }) => (decisive.has(entry) ? [withOnly(values, entry)] : []))
    return { identity, values, from }
  }

  /** The names that the request writes, and those that later events of the same contact have written. */
  function namesOf({ entry, values }, later) {
    const others = later.filter((one) => isSameContact(one.entry, entry))
    return new Set([...Object.keys(values), ...others.flatMap((one) => Object.keys(one.entry.values))])
  }

  /** The entries that were received after the write, the latest first. */
  function entriesAfter({ entry: event, takenOver }, logs) {
    const later = new Map()
    for (const entry of takenOver?.entries ?? []) later.set(entry.id, { entry, at: entry.receivedAt })
    for (const log of logs) {
      const ordered = inOrder(log)
      const ownAt = ordered.find(({ entry }) => entry.id === event.id)?.at
      for (const one of ordered) {
        if (one.entry.id !== event.id && isAfter(one, event, ownAt)) later.set(one.entry.id, one)
      }
    }
    return [...later.values()].sort((one, other) => (isLater(one, other) ? -1 : 1))
  }

  /** If the log does not contain the write itself, only the clock decides, unless it was set back since. */
  function isAfter(one, event, ownAt) {
    if (ownAt === undefined && event.receivedAt > Date.now() + MOST_DIFFERENCE) return true
    const at = ownAt === undefined ? one.entry.receivedAt : one.at
    return isLater({ entry: one.entry, at }, { entry: event, at: ownAt ?? event.receivedAt })
  }

  /** If two workers received two events at the same moment, the one with the later ID counts: SDKs make IDs from the time. */
  function isLater(one, other) {
    return one.at === other.at ? one.entry.id > other.entry.id : one.at > other.at
  }

  /**
   * The entries of a log with the time of their receipt. The clock decides the order of two entries unless it contradicts their
   * positions by more than half a minute: then it was corrected, or the clocks of two workers differ.
   */
  function inOrder(log) {
    let shift = 0
    let latest = -Infinity
    return [...log].reverse().map((entry) => {
      const loggedAt = entry.loggedAt ?? entry.receivedAt
      if (loggedAt + shift < latest - MOST_DIFFERENCE) shift = latest + 1 - loggedAt
      latest = Math.max(latest, loggedAt + shift)
      return { entry, at: entry.receivedAt + shift }
    })
  }

  function latestIdentity(write, later) {
    const { userId } = write
    if (userId === undefined) return { identity: identityIn(write), decisive: [] }
    const moved = later.find(({ entry }) => entry.userId === userId && entry.email !== undefined)
    const email = moved?.entry.email ?? write.email
    const identity = identityIn({ userId, ...(email !== undefined && { email }) })
    const holder = later.find(({ entry }) => entry.userId !== undefined && hasSameEmail(entry, identity))
    const hasLostEmail =
      holder !== undefined && holder.entry.userId !== userId && (moved === undefined || isLater(holder, moved))
    if (hasLostEmail) return { identity: email === undefined ? { userId } : { email }, decisive: [holder.entry] }
    return { identity, decisive: moved === undefined ? [] : [moved.entry] }
  }

  function identityIn({ email, userId }) {
    return { ...(email !== undefined && { email }), ...(userId !== undefined && { userId }) }
  }

  function writes({ values, names }, name) {
    return ownProperty(values, name) !== undefined || names?.includes(name) === true
  }

  /** The part of a later entry that the payload of a job keeps. */
  function withOnly(values, entry) {
    const kept = Object.entries(entry.values).filter(([name]) => ownProperty(values, name) !== undefined)
    return { ...entry, values: Object.fromEntries(kept) }
  }

  function isSameContact(entry, write) {
    if (entry.userId !== undefined && write.userId !== undefined) return entry.userId === write.userId
    return hasSameEmail(entry, write)
  }

  /** Loops ignores case in emails. */
  function hasSameEmail(one, other) {
    return one.email !== undefined && one.email.toLowerCase() === other.email?.toLowerCase()
  }

  /** The request of a delayed event: its own values, and those received since. */

  /** The delivery with the values received since. */
  function delayedRequest(delivery, logs) {
    return withLaterWrites(
      delivery.waiting.userIdWasUnknown === true ? withEmailOfUserId(delivery, logs) : delivery,
      logs,
    )
  }

  /** The delivery with the values and the identity that were received since. Its job keeps what it has taken over. */
  function withLaterWrites(delivery, logs) {
    const { entry, original, request, lookedUpAt, waiting } = delivery
    const write = { entry, values: contactValues(original.body), lookedUpAt, takenOver: waiting.takenOver }
    const { identity, values, from } = mergeLaterWrites(write, logs)
    return {
      ...delivery,
      request: { ...request, body: bodyOf(identity, values, original.body) },
      waiting: { ...waiting, takenOver: { readAt: Date.now(), entries: from } },
    }
  }

  /**
   * The event of a user ID that Loops did not know, with the latest email in its log, or else the one that the event has in
   * `$set_once`.
   */
  function withEmailOfUserId(delivery, logs) {
    const { entry, original } = delivery
    const logged = logs.flat().find(({ userId, email }) => userId === entry.userId && email !== undefined)?.email
    const email = logged ?? entry.email ?? original.emailIfUnknown
    return email === undefined ? delivery : { ...delivery, entry: { ...entry, email } }
  }

  /** The reason not to send the request, as a clause for the log; `undefined` if it is sent. */
  function skipReason({ original, request }, excludedEmails) {
    const { email } = identityOf(request.body)
    if (email !== undefined && isExcluded(excludedEmails, email)) return 'the settings exclude its email address'
    const wroteValues = Object.keys(contactValues(original.body)).length > 0
    const isEmpty = Object.keys(contactValues(request.body)).length === 0
    const isLink = email !== undefined && request.body.userId !== undefined
    return isUpdate(request) && wroteValues && isEmpty && !isLink
      ? 'later events have brought the same properties of its contact'
      : undefined
  }

  /** Loops knows an idempotency key for 24 hours: a try after that could send an event a second time. */
  const GIVE_UP_AFTER = DAY - 10 * MINUTE

  const LONGEST_WAIT = 20 * MINUTE

  /**
   * How long to wait before the next try, in milliseconds: half as long again after each failure, at most twenty minutes, with
   * jitter, so that requests that failed together do not retry together.
   *
   * @param first how long the first wait is, in milliseconds.
   * @param failures how many tries have failed before the one that has just failed.
   */
  function backoff(first, failures) {
    return Math.min(LONGEST_WAIT / 1.5, 1.5 ** failures * first) * (1 + Math.random() / 2)
  }

  /** Longer than Loops may still work on a request, so that the next try overwrites a late effect of this one. */
  const WAIT_AFTER_TIMEOUT = 25 * SECOND

  /** How long a request to Loops waits for its next try after `failures` failed tries and this one, in milliseconds. */
  function waitAfterFailure(failures, timedOut) {
    return Math.max(backoff(SECOND, failures), timedOut ? WAIT_AFTER_TIMEOUT : 0)
  }

  /**
   * How long an event waits for a service that hangs, in milliseconds: at least until the circuit breaker lets a request out, and
   * a quarter of the event's age, so that many events that wait are not all run again every minute.
   *
   * @param until what the circuit breaker said.
   * @param receivedAt when the event was received. Both are milliseconds since 1970.
   */
  function waitForService(until, receivedAt) {
    const now = Date.now()
    return Math.max(until - now, Math.min(LONGEST_WAIT, (now - receivedAt) / 4)) + Math.random() * MINUTE
  }

  /** True if a day is over before the next try of what was received at `receivedAt` (milliseconds since 1970). */
  function isTooLate(receivedAt, wait = 0) {
    return Date.now() + wait > receivedAt + GIVE_UP_AFTER
  }

  /** The error of an event that could not be delivered for a day. */
  function givenUp(tries, reason) {
    return new Error(`Given up after ${tries} tries within a day: ${reason}`)
  }

  const LOOPS_API = 'https://app.loops.so/api'

  /** How long the app waits for Loops, where the server's `fetch` knows `timeout`; elsewhere PostHog ends it after 30 s. */
  const TIMEOUT = 10 * SECOND

  /** The request as `fetch` and as PostHog's `composeWebhook` take it. */
  function webhookFor({ method, path, idempotencyKey, body }, apiKey) {
    return {
      url: LOOPS_API + path,
      method,
      headers: {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
      },
      body: JSON.stringify(body),
    }
  }

  /** Starts a request. The caller awaits it, because PostHog guards each `await` of an app, at 130 microseconds. */
  function startRequest(request, apiKey) {
    const { url, ...options } = webhookFor(request, apiKey)
    // A redirected POST would arrive as a GET and look like a success.
    return fetch(url, { ...options, redirect: 'manual', timeout: TIMEOUT })
  }

  /** The meaning of an answer of Loops whose status is not 2xx. */
  async function answerIn(response, { idempotencyKey, path }, apiKey) {
    const { status } = response
    if (status === 409 && idempotencyKey !== undefined) return { kind: 'duplicate' }
    const reason = withoutSecrets(`Loops answered ${status} to ${path}${await messageIn(response)}`, apiKey)
    if (status === 401 || status === 403) return { kind: 'unauthorized', reason }
    return status === 408 || status === 429 || status >= 500
      ? { kind: 'retryable', reason, timedOut: false, mayRetryAtOnce: status !== 429 }
      : { kind: 'rejected', status, reason }
  }

  /**
   * The meaning of a request that failed without an answer.
   *
   * @param startedAt when the request went out: milliseconds since 1970.
   */
  function withoutAnswer(error, startedAt, apiKey) {
    const timedOut = Date.now() - startedAt > 0.9 * TIMEOUT
    const reason = withoutSecrets(`Loops cannot be reached: ${messageOf(error)}`, apiKey)
    return { kind: 'retryable', reason, timedOut, mayRetryAtOnce: !timedOut }
  }

  /** Asks Loops for its data. */
  function getFromLoops(path, apiKey) {
    return getWithKey(LOOPS_API + path, apiKey)
  }

  /** Sends a GET with the key. A redirect is an answer without data. */
  async function getWithKey(url, apiKey) {
    try {
      const headers = { Authorization: `Bearer ${apiKey}` }
      const response = await fetch(url, { method: 'GET', headers, redirect: 'manual', timeout: TIMEOUT })
      if (response.ok) return { status: 200, json: JSON.parse(await response.text()), reason: '' }
      const reason = `${response.status}${await messageIn(response)}`
      return { status: response.status, reason: withoutSecrets(reason, apiKey) }
    } catch (error) {
      return { status: 0, reason: withoutSecrets(messageOf(error), apiKey) }
    }
  }

  /** The message in Loops' answer. A load balancer answers with HTML, which has none; nor has a body that breaks off. */
  async function messageIn(response) {
    try {
      const answer = JSON.parse(await response.text())
      const message = isRecord(answer) ? answer.message : undefined
      return typeof message === 'string' ? `: ${message.slice(0, 200)}` : ''
    } catch {
      return ''
    }
  }

  /**
   * The labels, defaults and choices of plugin.json, which a test compares. PostHog does not pass them to the app, and applies
   * a default only in its form: for an app that is configured through the REST API, these defaults apply.
   */
  const settingFields = {
    apiKey: { label: 'Loops API key', default: '' },
    email: { label: 'Email of the user', default: '{person.properties.email}' },
    userId: { label: 'User ID', default: '{event.distinct_id}' },
    excludedEmails: { label: 'Excluded emails', default: '' },
    trackedEvents: { label: 'Events to send', default: '$pageview' },
    eventProperties: { label: 'Events to send: property mapping', default: 'pathname: {event.properties.$pathname}' },
    includeAllEventProperties: {
      label: 'Events to send: include all properties as attributes',
      default: 'No',
      choices: ['No', 'Yes'],
    },
    eventMailingLists: { label: 'Events to send: mailing lists', default: '' },
    eventFilters: { label: 'Events to send: property filters', default: '' },
    contactEvents: { label: 'Events that update contacts', default: '$identify, $set' },
    contactProperties: {
      label: 'Update contacts: property mapping',
      default: 'firstName: {person.properties.firstname}, lastName: {person.properties.lastname}',
    },
    includeAllPersonProperties: {
      label: 'Update contacts: include all properties as attributes',
      default: 'No',
      choices: ['No', 'Yes'],
    },
    contactMailingLists: { label: 'Update contacts: mailing lists', default: '' },
    contactFilters: { label: 'Update contacts: property filters', default: '' },
    dryRun: { label: 'Dry run (mock out HTTP requests)', default: 'No', choices: ['No', 'Yes'] },
    posthogUrl: { label: 'PostHog address', default: '' },
    maxEventAge: { label: 'Maximum event age (hours)', default: '24' },
    mailingListsFromEvents: { label: 'Take mailing lists from events', default: 'No', choices: ['No', 'Yes'] },
    requestsPerSecond: { label: 'Requests per second', default: '10' },
    delivery: { label: 'Delivery', default: 'direct', choices: ['direct', 'webhook'] },
  }

  /** The saved text of a setting without spaces around it; the fallback for a setting that was never saved. */
  function settingText(value, fallback) {
    if (value === undefined || value === null) return fallback
    return (typeof value === 'string' ? value : (jsonText(value) ?? '')).trim()
  }

  /** What is said of a setting other than the key's into which a key was pasted; `undefined` if it has none. */
  function problemOfPastedKey(text, apiKey) {
    if (holdsPosthogKey(text)) return '"[API key]" is an API key of PostHog: remove it.'
    return holdsKey(text, apiKey)
      ? `"[API key]" is an API key: write it into "${settingFields.apiKey.label}" only.`
      : undefined
  }

  /**
   * Finds the choice that the setting names, in any case. An empty setting is the first choice; any other text is rejected
   * and gives the first choice, too.
   */
  function parseOneOf(field, choices) {
    const found = choices.find((choice) => choice.toLowerCase() === field.text.toLowerCase())
    if (found === undefined && field.text !== '') {
      field.reject(field.text, `must be ${choices.map((choice) => `"${choice}"`).join(' or ')}`)
    }
    return found ?? choices[0]
  }

  /** True if the setting is `Yes`; any text but `Yes`, `No` and an empty one is rejected. */
  function parseYes(field) {
    return parseOneOf(field, ['No', 'Yes']) === 'Yes'
  }

  /** The forms in which a delivery is sent, one after the other, while Loops rejects it. */

  /** Loops may keep the idempotency key of a request that it rejected, so each form has a key of its own. */
  const KEY_SUFFIX = {
    'as it is': '',
    'email alone': '-email',
    'own values': '-own',
    'own values, email alone': '-own-email',
  }

  /** The request of the delivery in that form. */
  function requestIn(form, delivery) {
    const { original, request, waiting } = delivery
    const { idempotencyKey, ...others } = request
    const again = waiting.userIdWasUnknown === true ? '-again' : ''
    return {
      ...others,
      body: bodyIn(form, request.body, original.body),
      ...(idempotencyKey !== undefined && { idempotencyKey: idempotencyKey + again + KEY_SUFFIX[form] }),
    }
  }

  /** The form that follows if Loops rejects this one; `undefined` if the rejection is final. */
  function nextForm(form, { original, request }, status) {
    const { email, userId } = identityOf(request.body)
    const mayBeTwoContacts = status === 400 && email !== undefined && userId !== undefined
    const carriesOthers = !isSame(contactValues(request.body), contactValues(original.body))
    switch (form) {
      case 'as it is':
        if (mayBeTwoContacts) return 'email alone'
        return carriesOthers ? 'own values' : undefined
      case 'email alone':
        return carriesOthers ? 'own values' : undefined
      case 'own values':
        return mayBeTwoContacts ? 'own values, email alone' : undefined
      case 'own values, email alone':
        return undefined
    }
  }

  /** The request with an email added. */
  function withEmail(email, request) {
    const body = bodyOf({ ...identityOf(request.body), email }, contactValues(request.body), request.body)
    return { ...request, body }
  }

  function isSame(one, other) {
    return JSON.stringify(one) === JSON.stringify(other)
  }

  function bodyIn(form, body, original) {
    if (form === 'as it is') return body
    if (form === 'email alone') return withoutUserId(body)
    const ownBody = bodyOf(identityOf(body), contactValues(original), original)
    return form === 'own values' ? ownBody : withoutUserId(ownBody)
  }

  /** Loops finds the contact by the email, and links no user ID. */
  function withoutUserId(body) {
    return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'userId'))
  }

  /** Sends one request to Loops and acts on its answer. */

  /**
   * Sends the request of the delivery. While Loops hangs, a job holds the event.
   *
   * @throws as `deliver` does.
   */
  function send(delivery, parts) {
    const form = delivery.waiting.form ?? 'as it is'
    return sendOnce({ form, request: requestIn(form, delivery) }, delivery, parts)
  }

  async function sendOnce(sending, delivery, parts) {
    const { circuitBreaker, queue, settings } = parts
    const until = circuitBreaker.waitsUntil()
    if (until !== undefined) {
      const reason = 'Loops cannot be reached: it has not answered several requests in a row'
      const wait = waitForService(until, delivery.waiting.receivedAt)
      return queue.retry(delivery.waiting, { reason, wait, isFailure: false })
    }
    // A request right after another one has no slot of its own: it is counted, so that later requests find its slot taken.
    if (sending.form !== (delivery.waiting.form ?? 'as it is') || sending.isSecondTry === true) parts.rateLimit.count()
    const startedAt = Date.now()
    circuitBreaker.begin()
    let answer
    try {
      const response = await startRequest(sending.request, settings.apiKey)
      answer = response.ok ? { kind: 'accepted' } : await answerIn(response, sending.request, settings.apiKey)
    } catch (error) {
      answer = withoutAnswer(error, startedAt, settings.apiKey)
    }
    circuitBreaker.end(answer.kind === 'retryable' && answer.timedOut)
    return handleAnswer(answer, sending, delivery, parts)
  }

  async function handleAnswer(answer, sending, delivery, parts) {
    const { form, request } = sending
    const waiting = form === 'later values' ? delivery.waiting : { ...delivery.waiting, form }
    // Unless Loops says that it has accepted the request, the values of the contact are unknown now.
    if (answer.kind !== 'accepted') parts.lastAccepted.forget(identityOf(request.body))
    switch (answer.kind) {
      case 'accepted':
        noteAccepted(sending, parts)
        return
      case 'duplicate':
        return sendLaterValues(sending, delivery, parts)
      case 'rejected':
        return handleRejection(answer, sending, delivery, parts)
      case 'unauthorized': {
        const { reason } = answer
        parts.log.warnOnce(
          'unauthorized',
          `${reason}. Events wait and are retried for a day, if PostHog has jobs: copy a key from Loops, Settings -> API.`,
        )
        return parts.queue.retry(waiting, { reason, wait: backoff(MINUTE, waiting.failures) })
      }
      case 'retryable': {
        const { reason, timedOut, mayRetryAtOnce } = answer
        // If no job can hold the event, it is retried immediately and only once.
        const secondTry = () => sendOnce({ ...sending, isSecondTry: true }, delivery, parts)
        const otherwise = mayRetryAtOnce && sending.isSecondTry !== true ? secondTry : undefined
        return parts.queue.retry(waiting, { reason, wait: waitAfterFailure(waiting.failures, timedOut), otherwise })
      }
    }
  }

  function noteAccepted({ form, request }, { lastAccepted, log }) {
    lastAccepted.note(request)
    log.forgetWarning('unauthorized')
    if (form !== 'email alone' && form !== 'own values, email alone') return
    log.warnOnce(
      'two contacts',
      'Loops rejected a request with both an email and a user ID, and accepted it with the email alone: the two belong to ' +
        'different contacts in Loops. To merge them, delete one there. Later requests of this kind are not logged.',
    )
  }

  /** An earlier try has brought the event's own values, perhaps late: those that were received since go out alone. */
  async function sendLaterValues({ form, request }, delivery, parts) {
    const hasOwnValuesOnly = form === 'own values' || form === 'own values, email alone'
    if (form === 'later values' || hasOwnValuesOnly || isSame(contactOf(request), contactOf(delivery.original))) return
    return sendNow(delivery, parts, (current) => {
      const body = contactOf(requestIn(form, current))
      return { form: 'later values', request: { method: 'PUT', path: '/v1/contacts/update', body } }
    })
  }

  function contactOf({ body }) {
    return bodyOf(identityOf(body), contactValues(body))
  }

  /** Sends a second request, with what was received until Loops has answered the first, unless that excludes its contact. */
  async function sendNow(delivery, parts, next) {
    const current = await upToDate(delivery, parts)
    const whySkipped = skipReason(current, parts.settings.excludedEmails)
    if (whySkipped === undefined) return sendOnce(next(current), current, parts)
    parts.log.skipOnce(whySkipped)
  }

  /** The delivery with the values received until Loops has answered: another worker may have sent them meanwhile. */
  async function upToDate(delivery, { contactLog }) {
    const { entry, waiting } = delivery
    try {
      const lists = await contactLog.read(entry, waiting.takenOver?.readAt ?? waiting.receivedAt)
      return delayedRequest(delivery, lists.map(entriesIn))
    } catch {
      return delivery
    }
  }

  async function handleRejection({ status, reason }, { form, request }, delivery, parts) {
    const { entry, writes } = delivery
    // Loops has the event itself: a job would send it a second time.
    if (form === 'later values') throw new Error(reason)
    const next = nextForm(form, delivery, status)
    if (next !== undefined) {
      return sendNow(delivery, parts, (current) => ({ form: next, request: requestIn(next, current) }))
    }
    if (request.body.email === undefined) return handleUnknownUserId(reason, request, delivery, parts)
    if (writes) parts.contactLog.addRejection(entry)
    throw new Error(reason)
  }

  /** Loops may not know the user ID yet: the event that brings its email may be on its way. */
  async function handleUnknownUserId(reason, request, delivery, parts) {
    const { original, waiting } = delivery
    const { links, lastAccepted, queue } = parts
    const identity = identityOf(request.body)
    links.forget(identity)
    const again = { ...waiting, userIdWasUnknown: true }
    if (waiting.userIdWasUnknown !== true && queue.exists) {
      return queue.postpone(again, Date.now() + 5 * SECOND, () => Promise.reject(new Error(reason)))
    }
    if (waiting.userIdWasUnknown !== true && original.emailIfUnknown !== undefined) {
      const withItsEmail = withEmail(original.emailIfUnknown, delivery.request)
      return send({ ...delivery, waiting: again, request: withItsEmail }, parts)
    }
    lastAccepted.noteRejection(request)
    throw new Error(reason + emailAsUserIdRemedy(identity.userId))
  }

  /** The remedy if Loops does not know the user ID and it is an email. */
  function emailAsUserIdRemedy(userId = '') {
    const { label } = settingFields.email
    return isEmail(userId)
      ? ` The user ID is an email: write {person.properties.email}, {event.distinct_id} in "${label}".`
      : ''
  }

  /**
   * How the request of one event comes to Loops. An event is in one of these states:
   *
   * - in its lane: it waits for the requests of its contact before it, or the app asks the cache, or Loops (see lanes.ts).
   * - waiting: a job of PostHog's queue holds it: for a slot of the rate limit, for its lane, for its person, for the cache, or
   *   for another try. The job contains the event, which is translated again.
   * - accepted, skipped, rejected or given up: the end.
   *
   * Two rules keep the order, so that a contact ends up with the values that PostHog received last; a third one saves requests:
   *
   * 1. Requests of one contact go out one after the other in a worker.
   * 2. A delayed request takes over later values: each write leaves an entry in the log of its contact, and a delayed request carries
   *    the values that were received last, those of other names too: another worker may have sent these already, and this request,
   *    or the one before it, may reach Loops later.
   * 3. An update that would repeat what Loops accepted last is not sent.
   */

  /** After so many waits for a slot or for its lane, an event is sent without them. */
  const MOST_WAITS = 50

  /**
   * Sends the request of an event, or lets a job hold the event.
   *
   * @throws Error with Loops' message if Loops rejects the request, or if the event has waited for a day; RetryError if the
   * request has failed and no job can hold the event.
   */
  function deliver(delivery, parts) {
    const { circuitBreaker, lanes } = parts
    // While Loops hangs, the event waits in a job, and no event waits in a lane.
    if (circuitBreaker.waitsUntil() !== undefined) return logAndPostpone(delivery, parts, send)
    const identity = identityOf(delivery.request.body)
    if (mayWait(delivery, parts) && lanes.isFull(identity)) return logAndPostpone(delivery, parts, waitForLane)
    const lane = lanes.enter(identity)
    return deliverInLane(delivery, lane, parts).finally(lane.leave)
  }

  /** Logs what an event writes immediately, for the jobs of earlier events, although the event does not enter its lane. */
  async function logAndPostpone(delivery, parts, postpone) {
    let logged = delivery
    try {
      logged = noteLogged(delivery, await addToLog(delivery, parts), parts)
    } catch {
      // Its job retries it.
    }
    return postpone(logged, parts)
  }

  function mayWait({ waiting }, { queue }) {
    return queue.exists && (waiting.waits ?? 0) < MOST_WAITS
  }

  function waitForLane(delivery, parts) {
    return postponeUntil(Date.now() + SECOND * (1 + Math.random() / 2), delivery, parts)
  }

  function postponeUntil(at, delivery, parts) {
    const { waiting } = delivery
    const waits = (waiting.waits ?? 0) + 1
    return parts.queue.postpone({ ...waiting, waits }, at, () => send(delivery, parts))
  }

  async function deliverInLane(delivery, lane, parts) {
    const { waiting } = delivery
    if (lane.before !== undefined) {
      try {
        await lane.before
      } catch {
        // PostHog ends each wait of an app after 30 seconds.
      }
      lane.begin()
    }
    if (waiting.jobs > 0 && isTooLate(waiting.receivedAt)) throw givenUp(waiting.failures, 'its job ran too late')
    const slot = parts.rateLimit.slot()
    let answers
    try {
      answers = await askCache(delivery, { lane, slot }, parts)
    } catch {
      return deliverWithoutCache(delivery, parts)
    }
    const [number, logged, lists, accepted, rejectedAt] = answers
    const ask = parts.rateLimit.asked(slot, number)
    const logs = lists?.map(entriesIn)
    const known = { lane, ask, logs, accepted, rejectedAt }
    return deliverKnown(noteLogged(delivery, logged, parts), known, parts)
  }

  /** Starts all commands at once, so that the caller awaits once. */
  function askCache(delivery, { lane, slot }, parts) {
    return Promise.all([
      parts.rateLimit.ask(slot),
      addToLog(delivery, parts),
      readLog(delivery, lane, parts),
      parts.lastAccepted.readForUserId(delivery.request),
      parts.lastAccepted.readRejection(delivery.request),
    ])
  }

  async function deliverKnown(delivery, known, parts) {
    const { log, settings } = parts
    let toSend = delivery
    try {
      if (typeof known.rejectedAt === 'number' && !(await mayBeKnownNow(known.rejectedAt, delivery, parts))) {
        log.skipOnce('Loops has just answered that it knows no contact with its user ID')
        return
      }
      if (known.logs !== undefined) {
        toSend = delayedRequest(delivery, known.logs)
        const { email } = identityOf(toSend.request.body)
        // The user ID has moved to an email whose log was not read.
        if (email !== undefined && email !== delivery.entry.email) {
          const others = await parts.contactLog.read({ email }, delivery.waiting.receivedAt)
          toSend = delayedRequest(delivery, [...known.logs, ...others.map(entriesIn)])
        }
      }
      if (mayBeRepeated(toSend, known, parts) && (await parts.lastAccepted.isSameForEmail(toSend.request))) {
        log.skipOnce('Loops has accepted the same update of its contact within ten minutes')
        return
      }
    } catch {
      return deliverWithoutCache(delivery, parts)
    }
    const reason = skipReason(toSend, settings.excludedEmails)
    if (reason !== undefined) {
      log.skipOnce(reason)
      return
    }
    const { email } = identityOf(toSend.request.body)
    const isInLane = email === undefined || known.lane.extend(email) || !mayWait(toSend, parts)
    return isInLane ? sendInSlot(toSend, known.ask, parts) : waitForLane(toSend, parts)
  }

  /**
   * True if the update repeats what Loops accepted last. Loops may still act on a request that has failed, and the request
   * before it in the lane may not be noted yet.
   */
  function mayBeRepeated({ request, waiting }, { accepted, lane }, parts) {
    return waiting.failures === 0 && lane.before === undefined && parts.lastAccepted.isSameForUserId(accepted, request)
  }

  /** Adds what the event writes to the logs of its contact, unless it only links identifiers that the worker knows. */
  function addToLog({ waiting, entry, writes }, { contactLog, links }) {
    if (!writes || waiting.isLogged === true) return undefined
    const isKnown = Object.keys(entry.values).length === 0 && links.isKnown(entry)
    return isKnown ? undefined : contactLog.add(entry)
  }

  function noteLogged(delivery, answers, { contactLog, lastAccepted, links }) {
    const { entry, waiting } = delivery
    if (answers === undefined) return delivery
    contactLog.added(answers)
    // An event that links identifiers anew may have changed both of their contacts.
    if (!links.note(entry) && Object.keys(entry.values).length === 0) lastAccepted.forget(entry)
    return { ...delivery, waiting: { ...waiting, isLogged: true } }
  }

  /**
   * Reads the logs of the contact if the event was delayed; `undefined` if it was not. An event that writes nothing itself is
   * delayed in its lane only: another worker may run the job of a later one before the request that is under way has come to Loops.
   */
  function readLog({ waiting, entry, writes, lookedUpAt, request }, lane, { contactLog }) {
    // The event that has brought the email may be older than this one.
    if (waiting.userIdWasUnknown === true) return contactLog.read(identityOf(request.body), waiting.receivedAt - HOUR)
    const { takenOver } = waiting
    const isDelayed = lane.before !== undefined || takenOver !== undefined
    if (!isDelayed && !(writes && (waiting.jobs > 0 || lookedUpAt !== undefined))) return undefined
    const since = takenOver?.readAt ?? Math.min(waiting.receivedAt, lookedUpAt ?? Infinity)
    return contactLog.read(entry, since)
  }

  /**
   * Whether Loops may know the user ID by now: an event has brought its email since, this one has an email in case Loops does
   * not know the user ID, or this is its second try.
   */
  async function mayBeKnownNow(rejectedAt, { original, request, waiting }, { contactLog }) {
    if (waiting.userIdWasUnknown === true || original.emailIfUnknown !== undefined) return true
    const read = await contactLog.read(identityOf(request.body), rejectedAt)
    const entries = read.flatMap(entriesIn)
    return entries.some(({ email, receivedAt }) => email !== undefined && receivedAt > rejectedAt - MINUTE)
  }

  /** Some four minutes. */
  const TRIES_WITHOUT_CACHE = 8

  /**
   * The cache is down. A fresh event goes out without rate limit and order. A job might overwrite what was received since:
   * better some minutes later than that.
   */
  function deliverWithoutCache(delivery, parts) {
    const { waiting } = delivery
    if (waiting.jobs === 0 || waiting.failures >= TRIES_WITHOUT_CACHE) return send(delivery, parts)
    const reason = "PostHog's cache does not answer"
    return parts.queue.retry(waiting, { reason, wait: backoff(5 * SECOND, waiting.failures) })
  }

  /** Sends the request if it has a slot or can borrow one; otherwise a job holds the event until its slot. */
  async function sendInSlot(delivery, ask, parts) {
    const { rateLimit } = parts
    if (ask.number === 1 || !mayWait(delivery, parts)) return send(delivery, parts)
    let hasSlot = false
    let at = 0
    try {
      for (const slot of delivery.waiting.jobs > 0 ? [] : rateLimit.borrowable(ask)) {
        hasSlot = rateLimit.asked(slot, await rateLimit.ask(slot)).number === 1
        if (hasSlot) break
      }
      if (!hasSlot) at = rateLimit.jobDueAt(await rateLimit.readLastJob(), ask)
    } catch {
      hasSlot = true
    }
    return hasSlot ? send(delivery, parts) : postponeUntil(at, delivery, parts)
  }

  /** @param lookedUp when the person was looked up, and the body that the event gives without it. */
  function deliveryOf(waiting, request, lookedUp) {
    const identity = identityOf(request.body)
    const isLink = identity.email !== undefined && identity.userId !== undefined
    const writes = isUpdate(request) || isLink || Object.keys(contactValues(request.body)).length > 0
    const entry = {
      id: eventId(waiting.event),
      ...identity,
      receivedAt: waiting.receivedAt,
      values: contactValues(lookedUp?.ownBody ?? request.body),
    }
    return { waiting, original: request, request, entry, writes, lookedUpAt: lookedUp?.at }
  }

  /** Properties that the settings name and the event lacks, although it has one whose name looks alike: for a dry run. */

  /** A clause for each, like `person.properties.firstname: the event has firstName`; none for an event that no rule matches. */
  function nearMisses(event, settings, stored) {
    const data = withPerson(event, stored)
    const rules = [settings.eventsToSend, settings.contactUpdates].filter((rule) => isMatched(rule, data))
    if (rules.length === 0) return []
    const values = rules.flatMap(({ mapping, mailingLists }) => [...mapping.values(), ...mailingLists.values()])
    const clauses = [...settings.email, settings.userId, ...values].flatMap((template) => clausesOf(template, data))
    return [...new Set(clauses)]
  }

  function isMatched({ events, filters }, data) {
    return nameInLoops(events, data.event.event) !== undefined && unmetFilter(filters, data) === undefined
  }

  function clausesOf(template, data) {
    if (typeof template !== 'object') return []
    return template.flatMap((part) => {
      if (typeof part !== 'object' || !('name' in part) || placeholderValue(part, data) !== undefined) return []
      const isOfEvent = part.of === 'event properties'
      const similar = similarProperty(part.name, isOfEvent ? data.properties : data.person)
      if (similar === undefined) return []
      return [`${isOfEvent ? 'event' : 'person'}.properties.${part.name}: the event has ${similar.name}`]
    })
  }

  /** The reason why an event matches no setting, as a clause for the log. */

  /** Names the filters that do not match, and their properties; no value of the event. */
  function unmetReason(unmet, settings) {
    return joined(
      unmet.map((one) => {
        const similar = similarNameOf(one)
        const names = `${quoted(nameOf(one.filter))}${similar === undefined ? '' : `; ${similar}`}`
        return [one.group, whyUnmet(one, settings, ` (on ${names})`)]
      }),
    )
  }

  /** Names the filters that do not match, with the values that the event has: only for a dry run. */
  function unmetReasonWithValues(unmet, settings) {
    return joined(
      unmet.map((one) => {
        const similar = similarNameOf(one)
        const found = one.filter.failureOf(one.found) + (similar === undefined ? '' : ` (${similar})`)
        return [one.group, whyUnmet(one, settings, `: ${nameOf(one.filter)} is ${found}`)]
      }),
    )
  }

  /** Names the filter that keeps an event from one group of settings, with the value that the event has: only for a dry run. */
  function heldBackReason(unmet, settings) {
    return `${unmet.group}: ${unmetReasonWithValues([unmet], settings)}`
  }

  /** Why no group of settings names the event, although a name looks like it; `undefined` if none does. */
  function similarNameReason({ event }, settings) {
    const reasons = [
      ['Events to send', whyNotNamed(settings.eventsToSend.events, event)],
      ['Update contacts', whyNotNamed(settings.contactUpdates.events, event)],
    ]
    const found = reasons.flatMap(([group, reason]) => (reason === undefined ? [] : [[group, reason]]))
    return found.length === 0 ? undefined : joined(found)
  }

  /** Names the groups only where their reasons differ. */
  function joined(reasons) {
    const [first] = reasons
    if (first !== undefined && reasons.every(([, reason]) => reason === first[1])) return first[1]
    return reasons.map(([group, reason]) => `${group}: ${reason}`).join('; ')
  }

  /** `whatDecided` is left out if the property is unknown. */
  function whyUnmet({ number, filter, isKnown }, { posthogUrl }, whatDecided) {
    const whyUnknown =
      posthogUrl === '' ? `fill in "${settingFields.posthogUrl.label}"` : 'PostHog cannot look up an anonymous person'
    return `filter ${number} does not match${isKnown ? whatDecided : `: ${nameOf(filter)} is unknown, ${whyUnknown}`}`
  }

  /** A property with a similar name to a missing one, and how the names differ. */
  function similarNameOf({ filter, properties, found }) {
    return found === undefined ? similarProperty(filter.key, properties)?.clause : undefined
  }

  /** As the plain syntax of filters writes it. */
  function nameOf({ type, key }) {
    return type === 'person' ? `person.${key}` : key
  }

  /** Logs events. Outside a dry run, no line contains a person, an email or a body. */

  function createEventLog(settings) {
    const skips = new Set()
    const filters = new Set()
    const unclear = new Set()
    const warnings = new Set()

    function skipOnce(reason, detail = '') {
      if (skips.has(reason)) return
      skips.add(reason)
      console.log(
        `An event is skipped: ${reason}${detail}. Later events that are skipped for this reason are not logged.`,
      )
    }

    /** Logs the filters that do not match, once each. After that, an event that they exclude costs the server no text. */
    function unmetOnce(unmet) {
      const kinds = unmet.map(
        ({ group, number, isKnown, found }) => `${group} ${number} ${String(isKnown)} ${String(found === undefined)}`,
      )
      if (kinds.every((kind) => filters.has(kind))) return
      for (const kind of kinds) filters.add(kind)
      skipOnce(unmetReason(unmet, settings))
    }

    /** Logs that a request leaves out a mailing list, or `subscribed`. Events may bring the names, so their number is limited. */
    function unclearOnce(name) {
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
  function logDryRun(event, translation, settings, stored) {
    const logLine = (line) => {
      console.log(onOneLine(withoutKey(line, settings.apiKey)))
    }
    if (translation === undefined || 'unmet' in translation) {
      const reason = translation
        ? unmetReasonWithValues(translation.unmet, settings)
        : similarNameReason(event, settings)
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
  function logDrySkip(event, reason) {
    console.log(`Dry run: the event ${quoted(event.event)} is skipped: ${reason}.`)
  }

  function logRequest({ method, path, body, emailIfUnknown }) {
    console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
    if (emailIfUnknown === undefined) return
    console.log(`Dry run: if Loops does not know the user ID, once more with the email ${quoted(emailIfUnknown)}.`)
  }

  /** From an event to its delivery: looks up the person that the settings need, and translates the event. */

  /**
   * Translates an event and delivers the request, if there is one.
   *
   * @returns `undefined`, before any promise, for an event that matches no setting.
   * @throws what `deliver` throws; RetryError if a filter needs a person that PostHog does not return, and no job can wait.
   */
  function deliverEvent(waiting, parts) {
    const { event, receivedAt, jobs } = waiting
    const { settings, log } = parts
    if (settings.dryRun && jobs > 0) return waitForEndOfDryRun(waiting, parts)
    if (needsPerson(event, settings, receivedAt)) return deliverWithPerson(waiting, parts)
    const request = requestToSend({ event, receivedAt, settings, log })
    return request && deliver(deliveryOf(waiting, request), parts)
  }

  /** A dry run neither sends nor loses events that wait. */
  function waitForEndOfDryRun(waiting, { queue }) {
    return queue.retry(waiting, { reason: 'the app is in a dry run', wait: 10 * MINUTE, isFailure: false })
  }

  const PERSON_MISSING = 'PostHog did not return the person that a filter needs'

  /** Delivers an event that needs its person, or lets it wait until PostHog returns the person. */
  async function deliverWithPerson(waiting, parts) {
    const { event } = waiting
    let result = { kind: 'failed' }
    try {
      const kept = keptPersonIn(await parts.lookUp.startKept(event))
      result = kept === undefined ? await parts.lookUp.ask(event) : { kind: 'found', person: kept }
    } catch {
      // The cache is down, or PostHog has ended the wait after 30 seconds.
    }
    if (result.kind === 'found') return deliverWith(result.person, waiting, parts)
    // The server finds persons a few seconds after it has made them.
    const isEarly = result.kind === 'missing' && waiting.personWasMissing !== true
    const retry = retryAfter(result, waiting)
    const { dryRun } = parts.settings
    const mayWait = parts.queue.exists && !dryRun && !isTooLate(waiting.receivedAt, retry.wait + LEFT_FOR_DELIVERY)
    if (mayWait && (isEarly || result.kind !== 'missing')) {
      return parts.queue.retry({ ...waiting, personWasMissing: isEarly || waiting.personWasMissing === true }, retry)
    }
    return result.kind === 'missing' ? deliverWith(result.person, waiting, parts) : deliverWithoutPerson(waiting, parts)
  }

  /** The part of its day that an event does not spend on the wait for its person. */
  const LEFT_FOR_DELIVERY = HOUR

  function retryAfter(result, { receivedAt, failures }) {
    const reason = PERSON_MISSING
    switch (result.kind) {
      case 'busy':
        return { reason, wait: waitForService(Date.now() + 2 * SECOND, receivedAt), isFailure: false }
      case 'open':
        return { reason, wait: waitForService(result.until, receivedAt), isFailure: false }
      case 'failed':
        return { reason, wait: backoff(MINUTE, failures) }
      case 'missing':
      case 'found':
        return { reason, wait: 10 * SECOND, isFailure: false }
    }
  }

  async function deliverWith(person, waiting, parts) {
    const { event, receivedAt } = waiting
    const { settings, log } = parts
    const request = requestToSend({ event, receivedAt, settings, log, stored: person })
    if (request === undefined) return
    const ownBody = bodyWithoutPerson(waiting, settings, request)
    return deliver(deliveryOf(waiting, request, { at: person.lookedUpAt, ownBody }), parts)
  }

  /** PostHog has not returned the person for a day, or no job can wait: the event is sent with its own data. */
  async function deliverWithoutPerson(waiting, parts) {
    const { event, receivedAt, failures } = waiting
    const { settings, log, queue } = parts
    if (filtersNeedPerson(event, settings, receivedAt)) {
      if (settings.dryRun) {
        logDrySkip(event, PERSON_MISSING)
        return
      }
      throw queue.exists ? givenUp(failures + 1, PERSON_MISSING) : new RetryError(PERSON_MISSING)
    }
    const request = requestToSend({ event, receivedAt, settings: settingsWithoutPerson(event, settings), log })
    if (request !== undefined) return deliver(deliveryOf(waiting, request), parts)
  }

  /** The part of the request that the event alone gives, whatever its identity and whatever the filters need. */
  function bodyWithoutPerson({ event, receivedAt }, settings, request) {
    const { eventsToSend, contactUpdates } = settings
    const own = translate(
      event,
      {
        ...settings,
        email: [],
        userId: ['anybody'],
        eventsToSend: { ...eventsToSend, filters: [] },
        contactUpdates: { ...contactUpdates, filters: [] },
      },
      receivedAt,
    )
    const body = own !== undefined && 'request' in own ? own.request.body : {}
    return Object.fromEntries(Object.entries(body).filter(([name]) => name in request.body))
  }

  /** Translates the event; `undefined` if nothing is to be sent. Logs why an event is skipped, and the request of a dry run. */
  function requestToSend({ event, receivedAt, settings, log, stored }) {
    const translation = translate(event, settings, receivedAt, stored)
    log.translated(event, translation, stored)
    if (settings.dryRun || translation === undefined || !('request' in translation)) return undefined
    return translation.request
  }

  /**
   * The requests of a worker that are under way, a lane for each contact. A request is in its lane from the moment in which
   * PostHog hands its event over, before any `await`, until Loops has answered or a job holds the event:
   *
   * - queued: the request before it is still under way.
   * - under way: the app asks the cache or Loops.
   *
   * The invariant: of the requests that share a user ID or an email, one is under way, and the others wait in the order in which
   * PostHog handed them over. So no request is sent before an earlier one.
   */

  function createLanes() {
    /** The last request of each lane, by identifier. */
    const last = new Map()

    function ahead(identity) {
      const entries = keysOf(identity).map((key) => last.get(key))
      return [...new Set(entries.filter((entry) => entry !== undefined))]
    }

    return {
      isFull: (identity) => ahead(identity).some(({ state }) => state === 'queued'),
      enter: (identity) => {
        const others = ahead(identity)
        let resolve = () => undefined
        const left = new Promise((ends) => {
          resolve = ends
        })
        const entry = { state: others.length === 0 ? 'under way' : 'queued', left }
        const keys = keysOf(identity)
        for (const key of keys) last.set(key, entry)
        return {
          before: others.length === 0 ? undefined : Promise.all(others.map((other) => other.left)),
          begin: () => {
            entry.state = 'under way'
          },
          extend: (email) => {
            const [key = ''] = keysOf({ email })
            const holder = last.get(key)
            if (holder !== undefined && holder !== entry) return false
            keys.push(key)
            last.set(key, entry)
            return true
          },
          leave: () => {
            for (const key of keys) if (last.get(key) === entry) last.delete(key)
            resolve()
          },
        }
      },
    }
  }

  function keysOf({ email, userId }) {
    return [
      ...(userId === undefined ? [] : [`user ${userId}`]),
      ...(email === undefined ? [] : [`email ${email.toLowerCase()}`]),
    ]
  }

  /**
   * A hash of 32 bits (FNV-1a), as eight hexadecimal digits. Loops' keys have 128 bits, so each hash belongs to 2^96 of them:
   * whoever reads PostHog's cache cannot find the key, nor tell whether a guess is right. Two texts in four billion share a hash.
   */
  function hashOf(text) {
    let hash = 0x811c9dc5
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    return (hash >>> 0).toString(16).padStart(8, '0')
  }

  /**
   * What Loops has accepted last: for each identifier of a contact a hash of the request that wrote to it last, and which requests
   * Loops has rejected that had a user ID alone. Both are kept for ten minutes.
   */

  const ACCEPTED_LIFE = (10 * MINUTE) / SECOND

  function createLastAccepted(cache, keyPrefix) {
    const userKey = (userId) => `${keyPrefix}accepted-user-${userId}`
    const emailKey = (email) => `${keyPrefix}accepted-email-${email.toLowerCase()}`
    const keysOf = ({ email, userId }) => [
      ...(userId === undefined ? [] : [userKey(userId)]),
      ...(email === undefined ? [] : [emailKey(email)]),
    ]
    /** The keys that Redis still has from before, although it refuses writes. */
    const outdated = new Set()
    // Loops rejects for other reasons, too, with the same status: that must not stop other events of the user ID.
    const rejectedKey = ({ body }) => `${keyPrefix}rejected-${hashOf(String(body.eventName))}-${String(body.userId)}`
    return {
      readForUserId: (request) => {
        const { email, userId } = identityOf(request.body)
        if (!isUpdate(request) || email === undefined || userId === undefined) return undefined
        return withRetries(() => cache.get(userKey(userId), null))
      },
      isSameForUserId: (answer, request) => {
        const isOutdated = keysOf(identityOf(request.body)).some((key) => outdated.has(key))
        return typeof answer === 'string' && !isOutdated && answer === writtenBy(request)
      },
      isSameForEmail: async (request) => {
        const { email = '' } = identityOf(request.body)
        return writtenBy(request) === (await withRetries(() => cache.get(emailKey(email), null)))
      },
      note: (request) => {
        if (!isUpdate(request) && Object.keys(contactValues(request.body)).length === 0) return
        const hash = writtenBy(request)
        for (const key of keysOf(identityOf(request.body))) {
          outdated.delete(key)
          withRetries(() => cache.set(key, hash, ACCEPTED_LIFE)).catch(() => outdated.add(key))
        }
      },
      forget: (identity) => {
        for (const key of keysOf(identity)) inBackground(() => cache.expire(key, 0))
      },
      readRejection: (request) =>
        request.body.email === undefined ? withRetries(() => cache.get(rejectedKey(request), null)) : undefined,
      noteRejection: (request) => {
        inBackground(() => cache.set(rejectedKey(request), Date.now(), ACCEPTED_LIFE))
      },
    }
  }

  /** A hash of the identifiers and the values that a request writes, in whatever order. */
  function writtenBy({ body }) {
    const values = Object.entries(contactValues(body)).sort(([one], [other]) => (one < other ? -1 : 1))
    return hashOf(JSON.stringify([identityOf(body), values]))
  }

  /** Some two megabytes. */
  const MOST_LINKS = 10_000

  function createLinks() {
    const emails = new Map()
    const userIds = new Map()

    function isKnown({ email, userId }) {
      if (email === undefined || userId === undefined) return false
      return emails.get(userId) === email && userIds.get(email) === userId
    }

    return {
      isKnown,
      note: (identity) => {
        const { email, userId } = identity
        if (email === undefined || userId === undefined || isKnown(identity)) return isKnown(identity)
        if (emails.size >= MOST_LINKS) emails.clear()
        if (userIds.size >= MOST_LINKS) userIds.clear()
        emails.set(userId, email)
        userIds.set(email, userId)
        return false
      },
      forget: ({ userId }) => {
        if (userId !== undefined) emails.delete(userId)
      },
    }
  }

  function createEventQueue(jobs) {
    async function postpone(waiting, at, otherwise) {
      if (jobs === undefined) return otherwise()
      const payload = { ...waiting, event: payloadOf(waiting.event), jobs: waiting.jobs + 1 }
      return withRetries(() => jobs.deliver(payload).runAt(new Date(at))).catch(otherwise)
    }

    return {
      exists: jobs !== undefined,
      postpone,
      retry: async (waiting, { reason, wait, isFailure = true, otherwise }) => {
        const failures = waiting.failures + (isFailure ? 1 : 0)
        if (isTooLate(waiting.receivedAt, wait)) throw givenUp(failures, reason)
        return postpone(
          { ...waiting, failures },
          Date.now() + wait,
          otherwise ?? (() => Promise.reject(new RetryError(reason))),
        )
      },
    }
  }

  /** The fields that the app reads. PostHog repeats the `$set` of the properties next to them. */
  function payloadOf({ uuid, event, distinct_id, timestamp, properties, $set, $set_once }) {
    const repeated = (name) => ownProperty(properties, name) !== undefined
    return {
      ...(uuid !== undefined && { uuid }),
      event,
      distinct_id,
      timestamp,
      ...(properties !== undefined && { properties }),
      ...($set !== undefined && !repeated('$set') && { $set }),
      ...($set_once !== undefined && !repeated('$set_once') && { $set_once }),
    }
  }

  /**
   * The rate limit of all workers together: one request in each slot, whose length is a tenth more than the rate asks for, as
   * not all requests take equally long to arrive. Handlers that begin at once agree by the clock and by counters in the cache.
   *
   * A fresh request whose slot is occupied borrows one of the next slots, within 330 ms. A request that finds no slot
   * becomes a job with a slot of its own, in which the job is due. Then the job asks for a slot like any other request, so fresh
   * requests do not wait for the jobs.
   */

  /** How long the current slot and those that may be borrowed last together, in milliseconds. */
  const BORROWED_WITHIN = SECOND / 3

  /** A slot counts while requests go out in it, or borrow it. */
  const COUNTER_LIFE = 10 * SECOND

  function createRateLimit(requestsPerSecond, cache, keyPrefix) {
    const length = (1.1 * SECOND) / requestsPerSecond
    const mostBorrowed = Math.floor(BORROWED_WITHIN / length) - 1
    const counter = (slot) => ({ key: `${keyPrefix}slot-${slot}`, life: COUNTER_LIFE })
    const lastJobKey = `${keyPrefix}jobs`

    const currentSlot = () => Math.floor(Date.now() / length)
    return {
      slot: currentSlot,
      ask: (slot) => withLife(counter(slot), () => cache.incr(counter(slot).key), cache),
      asked: (slot, answer) => ({ slot, number: ensureLife(answer, cache) }),
      borrowable: ({ slot, number }) => {
        // Earlier requests have taken the slots in between.
        const [first, last] = [number - 1, Math.min(number, mostBorrowed)]
        return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => slot + first + index)
      },
      readLastJob: () => withRetries(() => cache.get(lastJobKey, null)),
      jobDueAt: (answer, { slot, number }) => {
        const last = lastJobIn(answer)
        const base = last?.slot === slot ? last.base : Math.max(slot, last?.jobSlot ?? 0)
        const jobSlot = base + number - 1
        const latest = { slot, base, jobSlot }
        const life = Math.ceil(((jobSlot - slot) * length + COUNTER_LIFE) / SECOND)
        inBackground(() => cache.set(lastJobKey, latest, life))
        return Math.ceil(jobSlot * length)
      },
      count: () => {
        const slot = currentSlot()
        inBackground(async () =>
          ensureLife(await withLife(counter(slot), () => cache.incr(counter(slot).key), cache), cache),
        )
      },
    }
  }

  function lastJobIn(answer) {
    return typeof answer === 'object' && answer !== null ? answer : undefined
  }

  const UNBRACED = 'has a property outside braces: write {event.properties.NAME} or {person.properties.NAME}'

  /** Mistakes outside the braces: text that looks like a placeholder of another tool. Each placeholder is written as `{}` here. */
  const OUTSIDE = [
    [/[$#%]\{\}/, 'has "$", "#" or "%" before a brace: write {event.properties.NAME} without it'],
    [/(?:^|[^\w./@-])(?:\$\.)?(?:event|person|(?:\w+\.)?properties|traits|context|user)\.[$\w]/i, UNBRACED],
    [
      /^(?:%+[\w.]+%+|<[\w .]+>|<%.*%>|\[+[\w .]+\]+|\$[a-z_][\w.]*|#[\w.]+#|__\w+__|=.+|(?:customer|contact|payload|trigger|steps|message|track|inputs)(?:\.\w+)+)$/i,
      'is a placeholder of another tool: write {event.properties.NAME} or {person.properties.NAME}',
    ],
    [/\{\}\s+[\w$]+\s*:\s*\{\}/, 'has a second name: write commas between entries'],
    [/^(?:null|undefined|None|nil)$/, 'means the text here: remove the entry to send nothing'],
  ]

  /** The problem of braces that compute something. */
  const MORE_THAN_A_NAME = 'has more than a name in braces'

  /** Mistakes inside the braces, which contain a name and compute nothing. */
  const INSIDE = [
    [
      /\?\?|\?\.|&&|[!=]=|\[\d*\]|\(\)|\.\w+\(.*\)|\s[*+/-]\s*\d|\s[?<>]\s|(?:^|\.)\*(?:\.|$)|properties\..*\b(?:event|person)\.(?:properties\.|distinct_id)/,
      `${MORE_THAN_A_NAME}: write {event.properties.NAME}, or {event.properties.items.0.name} for a path`,
    ],
    [/properties\.(?:\s|\.|.*\.\s*$)|\.\./, 'has an extra space or dot in braces: write {event.properties.NAME}'],
  ]

  /**
   * Reads a template that is written outside JSON. Rejects what `parseTemplate` rejects, and mistakes.
   *
   * @param literal the JSON that takes the text literally, if it can be meant.
   * @returns `undefined` if the text is rejected.
   */
  function parsePlainTemplate(field, text, literal) {
    const outside = text.replace(/\{[^{}]*\}/g, '{}')
    const hasOddBrace = /[{}]/.test(outside.replace(/\{\}/g, ''))
    if (hasOddBrace) return parseTemplate(field, text)
    const names = Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name = '']) => name)
    const mistake = mistakeOutsideBraces(outside) ?? names.map(mistakeInBraces).find((problem) => problem !== undefined)
    if (mistake === undefined) return parseTemplate(field, text)
    rejectMistake(field, text, mistake, literal)
    return undefined
  }

  /** The problem of a text that looks like a placeholder without its braces; `{}` stands for each placeholder. */
  function mistakeOutsideBraces(text) {
    const mistake = commonMistakeIn(text, OUTSIDE)
    const meant = mistake === UNBRACED ? placeholderFor(text) : undefined
    return meant === undefined ? mistake : `has a property outside braces: write ${meant}`
  }

  function mistakeInBraces(text) {
    const meant = alternativesIn(`{${text}}`)?.join(' or ') ?? ''
    return meant === '' ? commonMistakeIn(text, INSIDE) : `${MORE_THAN_A_NAME}: write ${meant}`
  }

  /**
   * The alternatives that the destination takes between one pair of braces, `{[a, b]}` or `{a ?? b}`, each as a placeholder.
   *
   * @returns an empty list if one of them is not a name; `undefined` if the text has no alternatives.
   */
  function alternativesIn(text) {
    if (!/\{(?:\s*\[|[^{}]*\?\?)/.test(text)) return undefined
    const names = text.split(/[{}[\],]|\?\?/).filter((name) => name.trim() !== '')
    const placeholders = names.flatMap((name) => placeholderFor(name) ?? []).filter((one) => !one.includes(' or '))
    return placeholders.length === names.length ? placeholders : []
  }

  /** The settings that say where the email and the user ID of a contact are found. */

  /** Reads where the email is looked for. Rejects an entry that never gives an email, or gives many people the same one. */
  function parseEmail(field) {
    const remedy = 'write a placeholder like {person.properties.email}'
    const alternatives = isJson(field.text) ? undefined : alternativesIn(field.text)
    if (alternatives !== undefined) {
      const list =
        alternatives.join(', ') || 'names between commas, like {person.properties.email}, {event.distinct_id}'
      field.reject(field.text, `${MORE_THAN_A_NAME}: write ${list}`)
      return []
    }
    const entries = parseList(field, '["{person.properties.email}"]')
    if (entries?.length === 0) field.reject(field.text, `does not say where the email is: ${remedy}`)
    return (entries ?? []).map((entry) => {
      const template = parseEntry(field, entry)
      if (template === undefined) return []
      const shared = problemOfContact(template)
      if (shared !== undefined) field.reject(entry, `${shared}: ${remedy}`)
      else if (neverGivesAddress(template)) {
        field.reject(
          entry,
          'has a space or a character that no email has: write one placeholder, or several between commas',
        )
      }
      return template
    })
  }

  /** Reads the user ID; an empty template if none is sent. */
  function parseUserId(field) {
    const remedy = 'write {event.distinct_id}, or leave it empty to send no user ID'
    const alternatives = isJson(field.text) ? undefined : alternativesIn(field.text)
    if (alternatives !== undefined) {
      const problem = alternatives.length > 1 ? SEVERAL_IDS : MORE_THAN_A_NAME
      field.reject(field.text, `${problem}: ${alternatives.length > 0 ? `write ${alternatives.join(' or ')}` : remedy}`)
      return []
    }
    const [entry, ...others] = parseList(field, '["{event.distinct_id}"]') ?? []
    if (entry === undefined) return []
    const template = parseEntry(field, entry)
    const isPlain = !isJson(field.text)
    if (others.length > 0 || (isPlain && /\}\s+\{/.test(entry))) {
      field.reject(field.text, `${SEVERAL_IDS}: ${remedy}`)
    } else if (isPlain && AROUND_ID.test(entry)) {
      field.reject(entry, `has text around the placeholder: ${remedy}`)
    } else if (template !== undefined) {
      const problem = problemOfContact(template)
      if (problem !== undefined) field.reject(entry, `${problem}: ${remedy}`)
    }
    return template ?? []
  }

  const SEVERAL_IDS = 'gives several user IDs, but a contact has one'

  /** Text around a placeholder that is a sentence, a YAML or a query, not a part of an ID. */
  const AROUND_ID = /^[\w ]+(?::\s|=)|\}[.?!]$|^\(.*\)$|^\/.*\/$/

  /** The template of a list's entry. */
  function parseEntry(field, entry) {
    return isJson(field.text) ? parseTemplate(field, entry) : parsePlainTemplate(field, entry)
  }

  /** Why the template does not give each person one contact; `undefined` if it does. */
  function problemOfContact(template) {
    const eventFields = template.map((part) => typeof part === 'object' && part.of === 'event' && part.field)
    const isOfPerson = template.some((part) => typeof part === 'object' && part.of !== 'event')
    const differsByPerson = isOfPerson || eventFields.includes('distinct_id')
    if (
      eventFields.includes('uuid') ||
      eventFields.includes('timestamp') ||
      (differsByPerson && eventFields.includes('event'))
    ) {
      return 'would give one person several contacts'
    }
    return differsByPerson ? undefined : 'would give everybody the same contact'
  }

  /** True if the template cannot give an email, whatever the values of its placeholders. */
  function neverGivesAddress(template) {
    const written = template.map((part) => (typeof part === 'string' ? part : '{}')).join('')
    const placeholders = template.filter((part) => typeof part === 'object').length
    return NOT_IN_ADDRESS.test(written) || (placeholders > 1 && !written.includes('@'))
  }

  /** Characters that no email has, a second `@`, `@` or a dot at an end, and the name of a field before a placeholder. */
  const NOT_IN_ADDRESS = /[\s\p{Cc}"(),:;<>[\\\]]|@.*@|^[@.]|[@.]$|^\w+=\{\}/u

  /**
   * Reads a property mapping: `name: value` entries or a JSON object. Names and values that are wrong are rejected.
   *
   * @param problemOf returns why a name cannot be used, or `undefined`.
   */
  function parseMapping(field, problemOf) {
    const example = '{"plan": "{person.properties.plan}"}'
    return mappingOf(field, { example, literal: literalPair }, problemOf, (name, value, parse) => {
      if (typeof value === 'string') {
        if (value === name && !isJson(field.text)) {
          field.reject(
            `${name}: ${value}`,
            `would send the text "${name}" for everybody: write ${example} for a property`,
          )
        }
        return parse(value) ?? []
      }
      if (typeof value === 'number' || typeof value === 'boolean') return value
      field.reject(value, `cannot be the value of "${name}": write text, a number, true or false`)
      return undefined
    })
  }

  /** Reads the mapping of contact properties. `subscribed` is true or false in Loops; any other value of it is rejected. */
  function parseContactMapping(field) {
    const mapping = parseMapping(field, contactNameProblem)
    const subscribed = mapping.get('subscribed')
    const [only, ...others] = typeof subscribed === 'object' ? subscribed : [subscribed]
    const isRight = typeof only === 'object' || only === undefined || trueOrFalse(only) !== undefined
    if (!isRight || others.length > 0) {
      field.reject('subscribed', 'must be true or false in Loops: write true, false or one placeholder')
    }
    return mapping
  }

  /** Reads mailing lists: each ID with `true`, `false` or a single placeholder. Any other value is rejected. */
  function parseMailingLists(field) {
    const example = '{"cm06f5v0e45nf0ml5754o9cix": true}'
    return mappingOf(field, { example }, nameProblem, (id, value, parse) => {
      const template = typeof value === 'string' ? parse(value) : []
      if (template === undefined) return undefined
      const found = isOnePlaceholder(template) ? template : trueOrFalse(value)
      if (found === undefined) {
        field.reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
      }
      return found
    })
  }

  /** A constant of the settings. The words that people store elsewhere for consent are mistakes here. */
  function trueOrFalse(value) {
    if (value === true || value === 'true') return true
    return value === false || value === 'false' ? false : undefined
  }

  function isOnePlaceholder(template) {
    return template.length === 1 && typeof template[0] === 'object'
  }

  function literalPair(name, value) {
    return jsonFor({ [name]: value })
  }

  /** The entries of a mapping, each name once and without spaces around it, because Loops trims names. */
  function mappingOf(field, { example, literal }, problemOf, valueOf) {
    const mapping = new Map()
    for (const [written, value] of parseEntries(field, example, literal)) {
      const name = written.trim()
      const parse = (text) =>
        isJson(field.text) ? parseTemplate(field, text) : parsePlainTemplate(field, text, literal?.(name, text))
      const problem = mapping.has(name) ? IS_REPEATED : problemOf(name)
      if (problem !== undefined) field.reject(name, problem)
      const found = valueOf(name, value, parse)
      if (found !== undefined) mapping.set(name, found)
    }
    return mapping
  }

  /**
   * Parses the settings of the panel.
   *
   * @throws Error whose message lists the problems that `readSettings` finds.
   */
  function parseSettings(config) {
    const { settings, problems } = readSettings(config)
    if (settings === undefined) throw new Error(`Loops settings: ${problems.join(' ')}`)
    return settings
  }

  /**
   * Reads the settings of the panel. No problem shows the API key.
   *
   * @param config `meta.config`. An omitted setting takes the default of plugin.json. An empty string is a value, not the default.
   */
  function readSettings(config) {
    const problems = []
    const apiKey = settingText(config.apiKey, '')
    const field = fieldsOf(config, apiKey, problems)

    const settings = {
      apiKey: parseApiKey(field('apiKey')),
      email: parseEmail(field('email')),
      userId: parseUserId(field('userId')),
      excludedEmails: parseExcludedEmails(field('excludedEmails')),
      eventsToSend: {
        events: parseEventNames(field('trackedEvents'), { renamed: true }),
        mapping: parseMapping(field('eventProperties'), nameProblem),
        includeAll: parseYes(field('includeAllEventProperties')),
        mailingLists: parseMailingLists(field('eventMailingLists')),
        filters: parseFilters(field('eventFilters')),
      },
      contactUpdates: {
        events: parseEventNames(field('contactEvents'), { renamed: false }),
        mapping: parseContactMapping(field('contactProperties')),
        includeAll: parseYes(field('includeAllPersonProperties')),
        mailingLists: parseMailingLists(field('contactMailingLists')),
        filters: parseFilters(field('contactFilters')),
      },
      dryRun: parseYes(field('dryRun')),
      posthogUrl: parseUrl(field('posthogUrl')),
      maxEventAge: parseHours(field('maxEventAge')),
      mailingListsFromEvents: parseYes(field('mailingListsFromEvents')),
      requestsPerSecond: parseRate(field('requestsPerSecond')),
      delivery: parseOneOf(field('delivery'), settingFields.delivery.choices),
    }

    if (settings.delivery === 'webhook' && settings.posthogUrl !== '') {
      field('posthogUrl').reject(
        settings.posthogUrl,
        'does not work with "webhook" delivery: leave it empty, or choose "direct"',
      )
    }
    const hasPersonId = settings.userId.some((part) => typeof part === 'object' && part.of === 'person id')
    if (hasPersonId && field('posthogUrl').text === '') {
      const { label } = settingFields.posthogUrl
      field('userId').reject(field('userId').text, `needs a look-up in PostHog: fill in "${label}"`)
    }
    const eventNames = [field('trackedEvents'), field('contactEvents')]
    const areRead = problems.length === 0 || eventNames.every(({ text }) => text === '')
    if (areRead && isOff(settings.eventsToSend) && isOff(settings.contactUpdates)) {
      const { trackedEvents, contactEvents } = settingFields
      problems.push(`Both event lists are empty: fill in "${trackedEvents.label}" or "${contactEvents.label}".`)
    }
    if (problems.length === 0) return { settings }
    return { problems: problems.map((problem) => onOneLine(withoutLikelyKeys(withoutKey(problem, apiKey)))) }
  }

  /**
   * The fields by their keys. A field into which the API key was pasted is a problem of its own, counts as its default, and
   * rejects nothing more: no message can then show a part of the key.
   */
  function fieldsOf(config, apiKey, problems) {
    const text = (key) => settingText(config[key], settingFields[key].default)
    const keys = Object.keys(settingFields)
    const withKey = keys.filter((key) => {
      const problem = key === 'apiKey' ? undefined : problemOfPastedKey(text(key), apiKey)
      if (problem !== undefined) problems.push(`${settingFields[key].label}: ${problem}`)
      return problem !== undefined
    })
    return (key) => {
      const { label, default: fallback } = settingFields[key]
      if (withKey.includes(key)) return { text: fallback, reject: () => undefined }
      return {
        text: text(key),
        reject: (value, problem) => {
          // No message shows the key.
          const subject = key === 'apiKey' ? 'the key' : quoted(value, apiKey, withoutLikelyKeys)
          problems.push(`${label}: ${subject} ${problem}.`)
        },
      }
    }
  }

  /** True if the rule names no events. */
  function isOff({ events }) {
    return events.exact.size === 0 && events.wildcards.length === 0
  }

  function parseApiKey(field) {
    const reject = (problem) => {
      field.reject(field.text, `${problem}: copy the key again from Loops, Settings -> API`)
    }
    if (field.text === '') field.reject('', 'is missing: copy a key from Loops, Settings -> API')
    // The characters of a bearer token (RFC 6750): none of them needs escaping in a header or a message.
    else if (!/^[\w.~+/-]+=*$/.test(field.text)) reject('has spaces or special characters inside')
    else if (field.text.length < SHORTEST_KEY) reject(`is shorter than ${SHORTEST_KEY} characters`)
    else if (/^ph[cxs]_/.test(field.text)) reject('is a PostHog key')
    return field.text
  }

  function parseRate(field) {
    const rate = Number(field.text)
    if (/^\d+(\.\d+)?$/.test(field.text) && rate > 0 && rate <= 1000) return rate
    field.reject(field.text, 'must be a number above 0 and up to 1000: write 10 unless Loops allows your team more')
    return 1
  }

  function parseHours({ text, reject }) {
    if (text === '') return Infinity
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * HOUR
    reject(text, 'must be a number of hours: write one like 24, or leave it empty to send events of any age')
    return Infinity
  }

  function parseUrl(field) {
    const isServer =
      /^https?:\/\/([\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?|\[[\da-f:]+\])(:\d{1,5})?(\/[\w./~-]*)?$/iu.test(
        field.text,
      )
    if (isServer && /^https?:\/\/([\w.-]+\.)?posthog\.com\b/i.test(field.text)) {
      field.reject(
        field.text,
        'is PostHog Cloud, which runs no apps: write the URL of your own server, or leave it empty',
      )
      return ''
    }
    const url = isServer && !PAGE.test(field.text) ? field.text : ''
    if (url !== field.text)
      field.reject(field.text, 'is not the URL of a server: write it like https://posthog.example.com')
    return url.replace(/\/+$/, '')
  }

  /** The pages and endpoints of PostHog whose URL people copy. */
  const PAGE =
    /^https?:\/\/[^/]+(?:\/.*)?\/(?:project|organization|login|signup|settings|me|instance|ingestion|apps|insights|dashboard|events|persons|replay|home|data-management|api|static|decide|capture|batch|e)(?:\/|$)/i

  /** How long a success counts for all workers. */
  const SUCCESS_PERIOD = 5 * MINUTE

  /** How long the other workers leave the check to one of them: PostHog stops a set-up after 30 seconds. */
  const CHECK_PERIOD = 40 * SECOND

  /**
   * Runs a check once for all workers that share PostHog's cache: the first one that counts itself in the cache runs it, and
   * the others go on. A check that fails, or whose worker dies, does not count: the next worker that starts runs it again. If the
   * cache is down, each worker runs the check itself.
   *
   * @param subject all that the check depends on, the API key included. Only its hash reaches the cache.
   * @param check returns whether it succeeded, and its result.
   * @returns the result of the check, or `undefined` if another worker runs it or has run it.
   */
  async function onceForAllWorkers(subject, cache, check) {
    const key = `check/${hashOf(subject)}`
    if (!(await isFirst(key, cache))) return undefined
    const { succeeded, result } = await check()
    inBackground(() => (succeeded ? cache.set(`${key}/success`, 1, SUCCESS_PERIOD / SECOND) : cache.expire(key, 0)))
    return result
  }

  /** Counts the worker; true for the first one if no check has succeeded lately, and if the cache is down. */
  async function isFirst(key, cache) {
    try {
      const [success, count] = await Promise.all([
        cache.get(`${key}/success`, null),
        withLife({ key, life: CHECK_PERIOD }, () => cache.incr(key), cache),
      ])
      return success === null && ensureLife(count, cache) === 1
    } catch {
      return true
    }
  }

  /**
   * Checks the key and the account, and, without waiting for it, the PostHog address. Of workers that start together only one
   * asks; a success counts for all workers for some minutes.
   *
   * @returns the settings error if Loops rejects the key, otherwise `undefined`.
   */
  async function checkAtSetUp(app, cache) {
    const { settings, rateLimit, lookUp } = app
    const names = namesInUse(settings)
    const subject = JSON.stringify([settings.apiKey, settings.posthogUrl, names.listIds, names.propertyNames])
    return onceForAllWorkers(subject, cache, async () => {
      lookUp.check().catch(() => undefined)
      const check = await checkAccount(names, settings.apiKey, (path) => {
        rateLimit.count()
        return getFromLoops(path, settings.apiKey)
      })
      if (check.team !== undefined) console.log(check.team)
      if (check.warning !== undefined) console.warn(check.warning)
      const result = check.problem === undefined ? undefined : `Loops settings: ${check.problem}`
      return { succeeded: check.team !== undefined, result }
    })
  }

  /** The mailing lists and contact properties that the settings name, in the halves of the app that are on. */
  function namesInUse({ eventsToSend, contactUpdates }) {
    const rules = [eventsToSend, contactUpdates].filter((rule) => !isOff(rule))
    return {
      listIds: rules.flatMap(({ mailingLists }) => [...mailingLists.keys()]),
      propertyNames: isOff(contactUpdates) ? [] : [...contactUpdates.mapping.keys()],
    }
  }

  /**
   * Asks Loops whether it accepts the API key, and which of the names the account lacks. Both editions have this check: the
   * app at its set-up, the destination in `npm run deploy`.
   *
   * @param ask sends a GET to Loops with the key; its path begins with `/v1`.
   */
  async function checkAccount(names, apiKey, ask) {
    const answer = await ask('/v1/api-key')
    if (answer.status === 401) {
      const { label } = settingFields.apiKey
      return { problem: `${label}: Loops rejects it (${answer.reason}): copy a key from Loops, Settings -> API.` }
    }
    if (answer.status !== 200) {
      return { warning: `The Loops API key could not be checked (${answer.reason}). Events are still sent.` }
    }
    const team = withoutSecrets(quoted(ownProperty(answer.json, 'teamName')), apiKey)
    const connected = `Connected to Loops: the API key belongs to the team ${team}.`
    const missing = await missingNames(names, ask)
    if (missing.length === 0) return { team: connected }
    const phrases = withoutSecrets(missing.join(', '), apiKey)
    return {
      team: connected,
      warning:
        `The settings name mailing lists or contact properties that the Loops account lacks: ${phrases}. ` +
        'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
    }
  }

  /** A phrase for each name that the account lacks. Loops is asked only for what the settings name. */
  async function missingNames({ listIds, propertyNames }, ask) {
    const lists = listIds.length === 0 ? undefined : await ask('/v1/lists')
    const properties = propertyNames.length === 0 ? undefined : await ask('/v1/contacts/properties?list=all')
    return [
      ...missingFrom(lists?.json, { kind: 'mailing list', names: listIds, keyField: 'id', labelField: 'name' }),
      ...missingFrom(properties?.json, {
        kind: 'contact property',
        names: propertyNames,
        keyField: 'key',
        labelField: 'label',
      }),
    ]
  }

  /** A phrase for each name that Loops' answer lacks, with the most similar key; empty if the answer is not a list. */
  function missingFrom(answer, { kind, names, keyField, labelField }) {
    if (!Array.isArray(answer)) return []
    const present = answer.map((entry) => ({
      key: String(ownProperty(entry, keyField)),
      label: String(ownProperty(entry, labelField)),
    }))
    const missing = [...new Set(names)].filter((name) => present.every(({ key }) => key !== name))
    return missing.map((name) => {
      const nearest = nearestName(
        name,
        present.flatMap(({ key, label }) => [key, label]),
      )
      const similar = present.find(({ key, label }) => [key, label].includes(nearest ?? key + label))
      return `${kind} ${quoted(name)}${similar === undefined ? '' : ` (did you mean ${quoted(similar.key)}?)`}`
    })
  }

  /**
   * The PostHog app that sends people and events to Loops. This file holds the hooks that PostHog calls, and makes the parts of
   * the app for a worker. PostHog runs `dist/index.js`, which `npm run build` makes from this file and `src/`.
   */

  /**
   * Reads the settings and, unless it is a dry run, checks the API key and the settings against the Loops account.
   *
   * @throws Error that lists the problems if a setting is wrong or Loops rejects the key: PostHog then disables the app and
   * shows the message. If Loops does not answer, the app logs a warning and goes on.
   */
  async function setupPlugin(meta) {
    const app = appOf(meta)
    const { settings } = app
    if (settings.delivery === 'webhook' && app.check === undefined) {
      console.warn('Delivery "webhook" works only on PostHog servers from 2024-01-19 to 2025-05-22.')
    }
    if (settings.dryRun) return
    app.check ??= checkAtSetUp(app, meta.cache)
    // A timeout must not throw: PostHog disables an app whose setupPlugin throws.
    const problem = await app.check.catch(() => undefined)
    if (problem !== undefined) throw new Error(problem)
  }

  /**
   * Sends the event to Loops if `delivery` is "direct". PostHog servers that know `composeWebhook` call both hooks for each
   * event. Not an `async` function: an event that matches no setting costs the server no promise.
   *
   * @throws what `deliverEvent` throws.
   */
  function onEvent(event, meta) {
    const app = appOf(meta)
    if (app.settings.delivery !== 'direct') return undefined
    app.lookUp.noteChange(event)
    // No two events of a worker have the same time.
    app.lastReceivedAt = Math.max(Date.now(), app.lastReceivedAt + 0.001)
    return deliverEvent({ event, receivedAt: app.lastReceivedAt, failures: 0, jobs: 0 }, app)
  }

  /**
   * Returns the request for PostHog to send if `delivery` is "webhook"; `null` means that there is nothing to send. PostHog
   * does not wait for promises here, so no person is looked up.
   */
  function composeWebhook(event, meta) {
    const { settings, log } = appOf(meta)
    if (settings.delivery !== 'webhook') return null
    const request = requestToSend({ event, receivedAt: Date.now(), settings, log })
    return request === undefined ? null : webhookFor(request, settings.apiKey)
  }

  /** The handlers of the jobs that wait in PostHog's queue. PostHog does not run the jobs of a disabled app. */
  const jobs = {
    deliver: (waiting, meta) =>
      // Versions before the first release did not count the jobs.
      deliverEvent({ ...waiting, jobs: waiting.jobs ?? 1 }, appOf(meta)),
  }

  /** The app of this worker, made at the first call: PostHog may call a hook before `setupPlugin` has ended. */
  function appOf(meta) {
    meta.global.app ??= createApp(parseSettings(meta.config), meta)
    return meta.global.app
  }

  /** Makes the parts of the app, which live as long as the worker. */
  function createApp(settings, { cache, jobs: queue }) {
    const { apiKey, posthogUrl, requestsPerSecond } = settings
    // Another Loops account starts with empty caches.
    const keyPrefix = `${hashOf(apiKey)}-`
    const { label } = settingFields.posthogUrl
    return {
      settings,
      lastReceivedAt: 0,
      log: createEventLog(settings),
      queue: createEventQueue(queue),
      lanes: createLanes(),
      links: createLinks(),
      rateLimit: createRateLimit(requestsPerSecond, cache, keyPrefix),
      contactLog: createContactLog(cache, keyPrefix),
      lastAccepted: createLastAccepted(cache, keyPrefix),
      circuitBreaker: createCircuitBreaker(),
      lookUp: createPersonLookUp({ posthogUrl, label, apiKey }, cache, keyPrefix),
    }
  }

  return { composeWebhook, jobs, onEvent, setupPlugin }
})()
