// Built from index.ts and src/ by `npm run build`: change those files and not this one.
import { RetryError } from '@posthog/plugin-scaffold'
import fetch from 'node-fetch'

export const { composeWebhook, jobs, onEvent, setupPlugin } = (() => {
  // Durations in milliseconds, and in seconds where the name says so: PostHog's cache counts seconds.

  const SECOND = 1000

  const MINUTE = 60 * SECOND

  const HOUR = 60 * MINUTE

  const DAY_IN_SECONDS = 86_400

  /** The value as JSON text, with an empty text for `undefined`. Returns `undefined` if the value is nested too deeply. */
  function jsonText(value) {
    try {
      return JSON.stringify(value === undefined ? '' : value)
    } catch {
      return undefined
    }
  }

  /** The object's own property of that name; `undefined` if it is inherited, missing, or `object` is not an object. */
  function own(object, name) {
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

  /** The value as JSON for a message: without the API key, and cut to 120 characters. */
  function quoted(value, apiKey = '') {
    const text = withoutKey(jsonText(value) ?? 'a value that is nested too deeply', apiKey)
    return text.length > 120 ? `${text.slice(0, 120)}…` : text
  }

  /**
   * Masks a text that comes from Loops, PostHog or the network before it is logged: the API key, email addresses, the queries
   * of URLs (they may name a person or hold PostHog's token), and line breaks, which could forge a second log line.
   */
  function withoutSecrets(text, apiKey) {
    const withoutQueries = withoutKey(text, apiKey).replace(/(https?:\/\/[^\s?]*)\?\S*/gi, '$1')
    return onOneLine(withoutQueries.replace(/[^\s"'<>]+(@|%40)[^\s"'<>]+/gi, '[email]'))
  }

  /** Replaces the API key by `[API key]`, whatever its case: some settings are read in lower case. */
  function withoutKey(text, apiKey) {
    return apiKey === '' ? text : text.replace(new RegExp(apiKey.replace(/\W/g, '\\$&'), 'gi'), '[API key]')
  }

  /** Replaces line breaks and other control characters by blanks. */
  function onOneLine(text) {
    return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  }

  /** The message of a thrown error; any other thrown value as text. */
  function messageOf(error) {
    return isRecord(error) && typeof error.message === 'string' ? error.message : String(error)
  }

  async function count(cache, key) {
    const value = await persistently(() => cache.incr(key))
    if (value === 1) await persistently(() => cache.expire(key, DAY_IN_SECONDS))
    return value
  }

  /** The list lives on for the given time from its first line on. */
  async function pushLine(cache, key, line, seconds) {
    const length = await persistently(() => cache.lpush(key, [line]))
    if (length === 1) await persistently(() => cache.expire(key, seconds))
  }

  /**
   * The result, or the fallback if there is none. PostHog rejects every await after 30 seconds, and an outer one before the
   * later ones inside it: only a catch around the whole of a call keeps a slow helper from taking the event with it.
   */
  async function orElse(result, fallback) {
    try {
      return await result
    } catch {
      return fallback
    }
  }

  /** The cache and the queue may refuse for a moment. One that is slow to do so is not asked again: there are 30 seconds. */
  async function persistently(operation) {
    const start = Date.now()
    for (let tried = 1; ; tried++) {
      try {
        return await operation()
      } catch (error) {
        if (tried === 8 || Date.now() - start > 2 * SECOND) throw error
      }
    }
  }

  /**
   * The time (milliseconds since 1970) from which the next request may go out, across all workers.
   *
   * From a start on, requests follow each other at a distance a tenth longer than the rate asks for, as not all take equally
   * long to arrive. A counter gives out the places; where it lags behind the clock, a new start is made. After a second of
   * rest the first few go out ahead of their time, to spare a person's first events the way through the job queue.
   */
  async function nextTurn({ requestsPerSecond }, { cache }) {
    const distance = (1.1 * SECOND) / requestsPerSecond
    const key = `turns-${requestsPerSecond}`
    const read = (name, fallback) => persistently(() => cache.get(name, fallback))
    const now = Date.now()
    const [start = 0, early = 0] = await read(key, [])
    const next = start + Number(await read(`${key}-${start}`, 0)) * distance
    const begin = next < now ? { start: now, early: next + SECOND < now ? requestsPerSecond / 3 : 1 } : { start, early }
    // Workers that see in the same moment that a new start is due share it.
    if (next < now) await persistently(() => cache.set(key, [begin.start, begin.early], DAY_IN_SECONDS))
    const place = (await count(cache, `${key}-${begin.start}`)) - 1
    return place < begin.early ? begin.start : Math.ceil(begin.start + place * distance)
  }

  const LOOPS_API = 'https://app.loops.so/api'

  /** For a `fetch` that knows no `timeout`. */
  const NO_ANSWER = {
    kind: 'failed',
    reason: 'Loops cannot be reached: no answer in 30 seconds',
    isLate: true,
  }

  /** Where there are no jobs a second try at once is all that can be done for a lost connection or a failing server. */
  async function askLoops(request, settings, meta) {
    const first = await askOnce(request, settings)
    const mayHealAtOnce = first.kind === 'failed' && !first.reason.startsWith('Loops answered 429')
    return mayHealAtOnce && meta.jobs === undefined ? askOnce(request, settings) : first
  }

  /** A retry may heal a time-out, the rate limit and Loops' own failures; what Loops refuses, it refuses for good. */
  async function askOnce(request, { apiKey }) {
    const start = Date.now()
    try {
      const { url, ...options } = webhookFor(request, apiKey)
      // A redirected POST would arrive as a GET and look like a success. `timeout` is node-fetch's own: an app has no timers.
      const response = await fetch(url, { ...options, redirect: 'manual', timeout: 20 * SECOND })
      if (response.ok) return { kind: 'taken' }
      // The idempotency key was used before: Loops has this event already.
      if (response.status === 409 && request.idempotencyKey !== undefined) return { kind: 'known' }
      const answer = `Loops answered ${response.status} to ${request.path}${await reasonIn(response)}`
      const kind = response.status === 429 || response.status >= 500 ? 'failed' : 'refused'
      return { kind, reason: withoutSecrets(answer, apiKey) }
    } catch (error) {
      const reason = withoutSecrets(`Loops cannot be reached: ${messageOf(error)}`, apiKey)
      return { kind: 'failed', reason, isLate: Date.now() - start > 10 * SECOND }
    }
  }

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

  /** The message in Loops' answer, which is no JSON at all when a load balancer gives it. */
  async function reasonIn(response) {
    try {
      const answer = JSON.parse(await response.text())
      const message = isRecord(answer) ? answer.message : undefined
      return typeof message === 'string' ? `: ${message.slice(0, 200)}` : ''
    } catch {
      return ''
    }
  }

  /**
   * What Loops answers to a question, with the reason if it does not; status 0 if it cannot be reached. Questions are not put
   * off, but they count for the pace.
   */
  async function getFromLoops(path, settings, meta) {
    const { apiKey } = settings
    await orElse(nextTurn(settings, meta), 0)
    try {
      const headers = { Authorization: `Bearer ${apiKey}` }
      const response = await fetch(LOOPS_API + path, {
        method: 'GET',
        headers,
        redirect: 'manual',
        timeout: 8 * SECOND,
      })
      if (response.ok) return { status: 200, json: JSON.parse(await response.text()), reason: '' }
      const reason = `${response.status}${await reasonIn(response)}`
      return { status: response.status, reason: withoutSecrets(reason, apiKey) }
    } catch (error) {
      return { status: 0, reason: withoutSecrets(messageOf(error), apiKey) }
    }
  }

  /**
   * The labels, defaults and choices of plugin.json, which a test compares. PostHog does not pass them to the app, and applies
   * a default only in its form: for an app that is configured through the REST API, these defaults apply.
   */
  const settingFields = {
    apiKey: { label: 'Loops API key', default: '' },
    delivery: { label: 'Delivery', default: 'direct', choices: ['direct', 'webhook'] },
    requestsPerSecond: { label: 'Requests a second', default: '10' },
    posthogUrl: { label: 'PostHog address', default: '' },
    dryRun: { label: 'Dry run (mock out HTTP requests)', default: 'No', choices: ['No', 'Yes'] },
    email: { label: 'Email of the user', default: '{person.properties.email}' },
    userId: { label: 'User ID', default: '{event.distinct_id}' },
    excludedEmails: { label: 'Emails to leave out', default: '' },
    trackedEvents: { label: 'Events to send', default: '$pageview' },
    eventFilters: { label: 'Events to send: property filters', default: '' },
    eventProperties: { label: 'Events to send: property mapping', default: 'pathname: {event.properties.$pathname}' },
    includeAllEventProperties: {
      label: 'Events to send: include all properties as attributes',
      default: 'No',
      choices: ['No', 'Yes'],
    },
    eventMailingLists: { label: 'Events to send: mailing lists', default: '' },
    contactEvents: { label: 'Events that update contacts', default: '$identify, $set' },
    contactFilters: { label: 'Update contacts: property filters', default: '' },
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
  }

  /** The saved text of a setting without blanks around it; the fallback for a setting that was never saved. */
  function settingText(value, fallback) {
    if (value === undefined || value === null) return fallback
    return (typeof value === 'string' ? value : (jsonText(value) ?? '')).trim()
  }

  /**
   * Finds the choice that the setting names, in any case. An empty setting is the first choice; any other text is rejected
   * and gives the first choice, too.
   */
  function parseOneOf(field, choices) {
    const found = choices.find((choice) => choice.toLowerCase() === field.text.toLowerCase())
    if (found === undefined && field.text !== '') {
      field.reject(
        field.text,
        `is not one of the choices: write ${choices.map((choice) => `"${choice}"`).join(' or ')}`,
      )
    }
    return found ?? choices[0]
  }

  /** True if the setting is `Yes`; any text but `Yes`, `No` and an empty one is rejected. */
  function parseYes(field) {
    return parseOneOf(field, ['No', 'Yes']) === 'Yes'
  }

  /**
   * Lists and mappings as people write them in a setting: entries between commas, or JSON for names that contain commas or
   * colons. Every function rejects the setting if it cannot read it, shows the `example`, and returns the entries that it could read.
   */

  /** The entries of a list, without empty ones and without blanks around them; JSON entries keep their blanks. */
  function parseList(field, example) {
    if (!isJson(field.text)) return splitList(field.text)
    const list = parseJson(field, example)
    if (list === undefined) return []
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) {
      return list.filter((entry) => entry !== '')
    }
    field.reject(field.text, `is not a JSON list of texts: write it like ${example}`)
    return []
  }

  /** The `name: value` entries of a mapping. The values are texts, or any JSON values if the setting is a JSON object. */
  function parseEntries(field, example) {
    if (isJson(field.text)) {
      const json = parseJson(field, example)
      if (isRecord(json)) return Object.entries(json)
      if (json !== undefined) field.reject(field.text, `is not a JSON object: write it like ${example}`)
      return []
    }
    if (field.text.startsWith('{')) {
      field.reject(field.text, `is not valid JSON, which needs double quotes around names: write it like ${example}`)
      return []
    }
    const entries = []
    for (const entry of splitList(field.text)) {
      const colon = entry.indexOf(':')
      const name = entry.slice(0, Math.max(colon, 0)).trim()
      if (name === '') {
        field.reject(
          entry,
          `is not "name: value": if a name or a text contains a comma or a colon, write JSON like ${example}`,
        )
      } else if (entries.some(([other]) => other === name)) {
        field.reject(entry, `gives "${name}" twice: keep one of the two`)
      } else {
        entries.push([name, entry.slice(colon + 1).trim()])
      }
    }
    return entries
  }

  /** The setting as JSON; `undefined` if it is not valid JSON. */
  function parseJson(field, example) {
    try {
      return JSON.parse(field.text)
    } catch {
      field.reject(field.text, `is not valid JSON: write it like ${example}`)
      return undefined
    }
  }

  /** True if the setting is meant as JSON: it starts with `[`, or with `{` followed by a quote or `}`. */
  function isJson(text) {
    return /^(\[|\{\s*["}])/.test(text)
  }

  function splitList(text) {
    return text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
  }

  /**
   * Reads a list of event names, or a JSON object from PostHog names to Loops names. Entries that are wrong are rejected.
   *
   * @param options.renamed whether the setting takes Loops names.
   */
  function parseEventNames(field, { renamed }) {
    const example = renamed ? '{"account:signup": "Signed up"}' : '["account:signup"]'
    const isObject = field.text.startsWith('{')
    const named = isObject ? parseEntries(field, example) : parseList(field, example).map((entry) => [entry])
    if (named.length > 0 && isObject && !renamed)
      field.reject(
        field.text,
        `gives event names for Loops, which a contact update does not send: write a list like ${example}`,
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

  /** Takes the first place of each piece after the piece before it, so that one pass over the name is enough. */
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

  /** The set behind `\p` or, if `isNegated` is set, `\P`: a general category, a script, or `Any`; `^` negates it. */
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

  /** Takes what stands next if it has this form, which must be sticky (`y`). */
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
      return { kind: 'character', test, tests: 1 }
    }
    if (take(reader, /\[/y)) return parseClass(reader)
    const set = parseEscapedSet(reader)
    return set === undefined ? literalNode(reader, parseCharacter(reader)) : classNode(reader, [set], false)
  }

  /** Reads a group behind its opening. The flags that it sets end with it. */
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
    return { kind: 'character', test: literalTest(character, reader.flags.includes('i')), tests: 1 }
  }

  function classNode(reader, sets, isNegated) {
    const tests = 1 + sets.filter((set) => set.isNegated).length
    return { kind: 'character', test: classTest(sets, isNegated, reader.flags.includes('i')), tests }
  }

  /** Reads a class behind its `[`. A `]` that comes first stands for itself. */
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
   *   larger than `LARGEST_PATTERN` is refused. The matcher reads the first `LONGEST_TEXT` characters of a text, or fewer
   *   if size times characters would exceed `MOST_STEPS`, and treats the text as if it ended there.
   * - RE2's answers to two questions: is this a pattern, and does this text contain a match? The property tests compare
   *   both with `re2js`. The engine ignores captures and laziness, because neither changes whether a text matches.
   */

  const LARGEST_PATTERN = 10_000
  const LONGEST_TEXT = 10_000

  /** They take a fraction of a second. */
  const MOST_STEPS = 10_000_000

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

  /** `steps` is the number of steps that the state needs for each character. Throws if the pattern becomes too large. */
  function addState(total, { next, takes, holds }, steps = 1) {
    const id = total.size
    total.size += steps
    if (total.size > LARGEST_PATTERN) throw new Error('The pattern is too large')
    // All states have the same shape: V8 then matches ten times as fast.
    return { id, takes, holds, next }
  }

  /** Builds the states of one part of the pattern in front of the state that follows it. */
  function statesBefore(next, node, total) {
    switch (node.kind) {
      case 'character':
        return addState(total, { takes: node.test, next: [next] }, node.tests)
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

  /** Whether a text contains a match of the pattern. */
  function matchesPattern({ start, matched, size }, text) {
    const longest = Math.min(LONGEST_TEXT, Math.floor(MOST_STEPS / size))
    const characters = Array.from(text.slice(0, longest))
    // The last position at which the matcher was in a state, by its id: it visits no state twice at one position.
    const lastSeen = new Int32Array(size).fill(-1)
    let reached = []
    for (let position = 0; position <= characters.length; position++) {
      const character = characters[position]
      const open = reached
      open.push(start)
      reached = []
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        if (lastSeen[state.id] === position) continue
        lastSeen[state.id] = position
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
   * The operators of property filters. They follow PostHog's action matcher (`action-matcher.ts` of its plugin server): it
   * casts values as ClickHouse does, and a filter with a list of values holds if any one passes, for `is_not` too.
   */

  const TEXT = { takes: 'a text', types: ['string'] }

  const PATTERN = {
    takes: 'a regular expression of RE2, at most 10,000 characters long with its repetitions written out',
    types: ['string'],
  }

  const NUMBER = { takes: 'a number', types: ['number', 'boolean'] }

  const DATE = { takes: 'a date like "2024-05-01" or "2024-05-01T10:00:00Z"', types: ['string', 'number'] }

  const operators = {
    exact: { takes: 'a value', otherwise: false, test: comparing((found, written) => found == written) },
    is_not: { takes: 'a value', otherwise: true, test: comparing((found, written) => found != written) },
    icontains: { ...TEXT, otherwise: false, test: containing },
    not_icontains: { ...TEXT, otherwise: true, test: (written) => negated(containing(written)) },
    regex: { ...PATTERN, otherwise: false, test: matching },
    not_regex: { ...PATTERN, otherwise: true, test: (written) => negated(matching(written)) },
    gt: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found > written) },
    gte: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found >= written) },
    lt: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found < written) },
    lte: { ...NUMBER, otherwise: false, test: comparingNumbers((found, written) => found <= written) },
    is_set: { otherwise: false, test: () => () => true },
    is_not_set: { otherwise: true, test: () => () => false },
    is_date_exact: {
      ...DATE,
      otherwise: false,
      test: comparingDates((time, { from, to }) => time >= from && time <= to),
    },
    is_date_before: { ...DATE, otherwise: false, test: comparingDates((time, { from }) => time < from) },
    is_date_after: { ...DATE, otherwise: false, test: comparingDates((time, { to }) => time > to) },
  }

  function isOperatorName(name) {
    return typeof name === 'string' && own(operators, name) !== undefined
  }

  function comparing(holds) {
    return (written) => {
      const right = primitive(written)
      return (found) => {
        // For JavaScript two objects are never equal, even with equal contents.
        if (isObject(found) && isObject(written)) return holds(0, 1)
        const left = primitive(found)
        return holds(left, right) || (typeOf(found) !== typeOf(written) && holds(castNumber(left), castNumber(right)))
      }
    }
  }

  function comparingNumbers(holds) {
    return (written) => {
      const right = castNumber(primitive(written))
      return Number.isNaN(right) ? undefined : (found) => holds(castNumber(primitive(found)), right)
    }
  }

  /**
   * Converts a value as JavaScript's `==` does, but never calls a method of the value. The text "null" equals null, as in
   * PostHog (PostHog/posthog#12893).
   */
  function primitive(value, depth = 0) {
    if (value === null) return 'null'
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
    if (Array.isArray(value) && depth < 100) {
      return value.map((item) => (item === null ? '' : primitive(item, depth + 1))).join(',')
    }
    return value === undefined ? undefined : '[object Object]'
  }

  /** Casts to a number as PostHog does: its words for true and false first. */
  function castNumber(value) {
    const word = String(value).toLowerCase()
    if (['y', 'yes', 't', 'true', 'on', '1'].includes(word)) return 1
    if (['n', 'no', 'f', 'false', 'off', '0'].includes(word)) return 0
    return Number(value)
  }

  function isObject(value) {
    return typeof value === 'object' && value !== null
  }

  /** The type that decides about casting; null counts as the text "null". */
  function typeOf(value) {
    return value === null ? 'string' : typeof value
  }

  function containing(written) {
    const text = textOf(written)?.toLowerCase()
    return text === undefined ? undefined : (found) => typeof found === 'string' && found.toLowerCase().includes(text)
  }

  function matching(written) {
    const source = textOf(written)
    const pattern = source === undefined ? undefined : compilePattern(source)
    return pattern && ((found) => typeof found === 'string' && matchesPattern(pattern, found))
  }

  function negated(test) {
    return test && ((found) => !test(found))
  }

  function textOf(written) {
    return typeof written === 'string' ? written : jsonText(written)
  }

  /** A date without a time is the whole day, in UTC. */
  function comparingDates(holds) {
    return (written) => {
      const from = timeOf(written)
      if (from === undefined) return undefined
      const isWholeDay = typeof written === 'string' && written.length === '2024-05-01'.length
      const span = { from, to: isWholeDay ? from + 86_399_999 : from }
      return (found) => {
        const time = timeOf(found)
        return time !== undefined && holds(time, span)
      }
    }
  }

  /** Milliseconds since 1970 of an ISO 8601 date (UTC if it has no zone), or of Unix time in seconds or milliseconds. */
  function timeOf(value) {
    if (typeof value === 'number') return value < 100_000_000_000 ? value * 1000 : value
    if (typeof value !== 'string') return undefined
    const [, day, time = '00:00', zone = 'Z'] =
      /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(value.trim()) ?? []
    const parsed = day === undefined ? NaN : Date.parse(`${day}T${time}${zone}`)
    return Number.isNaN(parsed) ? undefined : parsed
  }

  /** Reads PostHog's filter JSON, a list of `{key, type, operator, value}`. Filters that are wrong are rejected and left out. */
  function parseFilters(field) {
    const example = '[{"key": "plan", "operator": "exact", "value": ["pro"], "type": "event"}]'
    if (field.text === '') return []
    const list = parseJson(field, example)
    if (list === undefined) return []
    if (!Array.isArray(list)) {
      field.reject(field.text, `is not a list of filters: write it like ${example}`)
      return []
    }
    return list.flatMap((filter) => parseFilter(field, filter))
  }

  /** True if every filter holds for the event and its person. */
  function filtersHold(filters, { properties, person }) {
    return filters.every(({ key, type, operator, tests }) => {
      const found = own(type === 'event' ? properties : person, key)
      if (found === undefined || operator.types?.includes(typeof found) === false) return operator.otherwise
      return tests.some((test) => test(found))
    })
  }

  function parseFilter(field, filter) {
    const { key, type = 'event', operator: written, value } = isRecord(filter) ? filter : {}
    // PostHog's action matcher reads a null operator as exact.
    const name = written ?? 'exact'
    const values = Array.isArray(value) ? value : [value]
    if (typeof key !== 'string' || key === '') {
      field.reject(filter, 'has no "key": write the name of the property')
    } else if (type !== 'event' && type !== 'person') {
      field.reject(type, `is not a filter type (filter on "${key}"): write "event" or "person"`)
    } else if (!isOperatorName(name)) {
      field.reject(name, `is not an operator (filter on "${key}"): write one of ${Object.keys(operators).join(', ')}`)
    } else if (operators[name].takes !== undefined && (value === undefined || values.length === 0)) {
      field.reject(filter, 'has no "value": write the value to compare with')
    } else {
      const operator = operators[name]
      const tests = values.flatMap((one) => operator.test(one) ?? [])
      if (tests.length === values.length) return [{ key, type, operator, tests }]
      field.reject(value, `is not valid for ${name} (filter on "${key}"): write ${operator.takes ?? 'nothing'}`)
    }
    return []
  }

  /** Loops refuses a name or a value whose JSON, quotes included, has more characters. */
  const LONGEST_JSON = 500

  /**
   * Converts a PostHog value to one that Loops accepts.
   *
   * @returns a finite number, a boolean or text: a date as ISO 8601 text, a list of such values joined with `, `, and text cut
   * to 500 characters of JSON. `undefined` if the value is empty (`''`, null, missing, `[]`, `{}`) or nested: it is not sent.
   */
  function loopsValue(value) {
    const whole = scalar(value)
    return typeof whole === 'string' ? cutToFit(whole) : whole
  }

  /** Converts as `loopsValue` does, but does not cut text. */
  function scalar(value) {
    if (typeof value === 'string') return value === '' ? undefined : value
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value === 'boolean') return value
    if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
    return Array.isArray(value) ? joinedList(value) : undefined
  }

  /** `true` and `false`, as booleans or as text; `undefined` for any other value. */
  function parseBoolean(value) {
    if (value === true || value === 'true') return true
    return value === false || value === 'false' ? false : undefined
  }

  /** True if the text is one email address that Loops can take: with a dot in the domain, without a display name. */
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
    const items = list.filter((item) => item !== '' && item !== null && item !== undefined)
    const texts = items.map((item) => (Array.isArray(item) ? undefined : scalar(item)))
    return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join(', ')
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

  /** The event's uuid; without one, a text of distinct_id, event name and timestamp, which a replayed event repeats. */
  function eventId({ event, uuid, distinct_id, timestamp }) {
    return typeof uuid === 'string' ? uuid : `${distinct_id} ${event} ${String(isoText(timestamp))}`
  }

  /** A date, or a text that `Date` can parse, as ISO 8601 text in UTC; `undefined` for any other value. */
  function isoText(timestamp) {
    const date = isDate(timestamp) ? timestamp : new Date(String(timestamp))
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
  }

  /** Reads text with placeholders like `{event.properties.NAME}`. Rejects a wrong one and then returns `undefined`. */
  function parseTemplate(field, text) {
    const template = []
    let isRight = true
    let end = 0
    for (const match of text.matchAll(/\{([^{}]*)\}/g)) {
      template.push(text.slice(end, match.index))
      const placeholder = parsePlaceholder(match[1] ?? '')
      if (placeholder === undefined) {
        isRight = false
        field.reject(
          match[0],
          'is not a placeholder: write {event.properties.NAME}, {person.properties.NAME}, {person.id}, ' +
            '{event.event}, {event.uuid}, {event.distinct_id} or {event.timestamp}',
        )
      } else {
        template.push(placeholder)
      }
      end = match.index + match[0].length
    }
    template.push(text.slice(end))
    if (template.some((part) => typeof part === 'string' && /[{}]/.test(part))) {
      isRight = false
      field.reject(
        text,
        'has a brace outside a placeholder: write braces only around placeholders like {person.properties.NAME}',
      )
    }
    return isRight ? template.filter((part) => part !== '') : undefined
  }

  /**
   * Fills in a template. A template of one placeholder keeps the value's type; any other becomes text, in which a missing value
   * is an empty string. Returns `undefined` if the text is blank.
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
    if (name === 'event' || name === 'uuid' || name === 'distinct_id' || name === 'timestamp') {
      return { of: 'event', field: name }
    }
    return undefined
  }

  /** Looks the name up whole first, so that names with dots work, then as a path into nested objects. */
  function propertyValue(properties, { name, path }) {
    const whole = own(properties, name)
    if (whole !== undefined || path.length === 1) return whole
    return path.reduce(own, properties)
  }

  /**
   * Reads a property mapping: `name: value` entries or a JSON object. Names and values that are wrong are rejected.
   *
   * @param problemOf tells why a name cannot be used, or `undefined`.
   */
  function parseMapping(field, problemOf) {
    const mapping = new Map()
    for (const [written, value] of parseEntries(field, '{"plan": "{person.properties.plan}"}')) {
      const name = written.trim()
      const problem = problemOf(name)
      if (problem !== undefined) field.reject(name, problem)
      if (typeof value === 'string') mapping.set(name, parseTemplate(field, value) ?? [])
      else if (typeof value === 'number' || typeof value === 'boolean') mapping.set(name, value)
      else field.reject(value, `cannot be the value of "${name}": write a text, a number, true or false`)
    }
    return mapping
  }

  /** Reads mailing lists: each ID with `true`, `false` or a single placeholder. Any other value is rejected. */
  function parseMailingLists(field) {
    const lists = new Map()
    for (const [id, value] of parseEntries(field, '{"cm06f5v0e45nf0ml5754o9cix": true}')) {
      const problem = nameProblem(id)
      if (problem !== undefined) field.reject(id, problem)
      const template = typeof value === 'string' ? parseTemplate(field, value) : []
      if (template === undefined) continue
      const written = typeof value === 'string' ? parseBoolean(value) : value
      if (typeof written === 'boolean') lists.set(id, written)
      else if (template.length === 1 && typeof template[0] !== 'string') lists.set(id, template)
      else field.reject(value, `cannot be the value of list "${id}": write true, false or one placeholder`)
    }
    return lists
  }

  /**
   * Parses the settings of the panel.
   *
   * @param config `meta.config`. An omitted setting takes the default of plugin.json. An empty string is a value, not the default.
   * @throws Error whose message lists every problem, each in one sentence with the field's label, the value and the remedy. The message never contains the API key.
   */
  function parseSettings(config) {
    const problems = []
    const apiKey = settingText(config.apiKey, '')
    const field = (key) => ({
      text: settingText(config[key], settingFields[key].default),
      reject: (value, problem) => problems.push(`${settingFields[key].label}: ${quoted(value, apiKey)} ${problem}.`),
    })

    const settings = {
      apiKey: parseApiKey(field('apiKey')),
      delivery: parseOneOf(field('delivery'), settingFields.delivery.choices),
      requestsPerSecond: parseRate(field('requestsPerSecond')),
      posthogUrl: parseUrl(field('posthogUrl')),
      dryRun: parseYes(field('dryRun')),
      email: parseEmail(field('email')),
      userId: parseUserId(field('userId')),
      excludedEmails: parseExcludedEmails(field('excludedEmails')),
      eventsToSend: {
        events: parseEventNames(field('trackedEvents'), { renamed: true }),
        filters: parseFilters(field('eventFilters')),
        mapping: parseMapping(field('eventProperties'), nameProblem),
        includeAll: parseYes(field('includeAllEventProperties')),
        mailingLists: parseMailingLists(field('eventMailingLists')),
      },
      contactUpdates: {
        events: parseEventNames(field('contactEvents'), { renamed: false }),
        filters: parseFilters(field('contactFilters')),
        mapping: parseMapping(field('contactProperties'), contactNameProblem),
        includeAll: parseYes(field('includeAllPersonProperties')),
        mailingLists: parseMailingLists(field('contactMailingLists')),
      },
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
      const { label } = settingFields.contactEvents
      field('trackedEvents').reject('', `leaves nothing to do because "${label}" is empty too: fill in one of them`)
    }
    if (problems.length > 0) throw new Error(onOneLine(withoutKey(`Loops settings: ${problems.join(' ')}`, apiKey)))
    return settings
  }

  /** True if the rule names no events. */
  function isOff({ events }) {
    return events.exact.size === 0 && events.wildcards.length === 0
  }

  function parseApiKey(field) {
    // Neither message shows the key.
    if (field.text === '') field.reject('', 'is missing: copy a key from Loops, Settings -> API')
    // The characters of a bearer token (RFC 6750): none of them needs escaping in a header or a message.
    else if (!/^[\w.~+/=-]+$/.test(field.text)) {
      field.reject(
        '(hidden)',
        'has blanks or special characters inside: copy the key again from Loops, Settings -> API',
      )
    }
    return field.text
  }

  function parseRate(field) {
    const rate = Number(field.text)
    if (field.text !== '' && rate > 0 && rate <= 1000) return rate
    field.reject(
      field.text,
      'is not a possible rate: write a number above 0 and up to 1000, 10 unless Loops allows your team more',
    )
    return 1
  }

  function parseUrl(field) {
    const [url] = /^https?:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/i.exec(field.text) ?? ['']
    if (url !== field.text)
      field.reject(field.text, 'is not the address of a server: write it like https://posthog.example.com')
    return url.replace(/\/+$/, '')
  }

  function parseEmail(field) {
    const remedy = 'write a placeholder like {person.properties.email}'
    const entries = parseList(field, '["{person.properties.email}"]')
    if (entries.length === 0) field.reject(field.text, `does not say where the address is: ${remedy}`)
    return entries.map((entry) => {
      const template = parseTemplate(field, entry)
      if (template !== undefined && !differsByPerson(template)) {
        field.reject(entry, `would give everybody the same contact: ${remedy}`)
      }
      return template ?? []
    })
  }

  function parseUserId(field) {
    const template = parseTemplate(field, field.text)
    if (field.text !== '' && template !== undefined && !differsByPerson(template)) {
      field.reject(
        field.text,
        'would give everybody the same contact: write {event.distinct_id}, or leave it empty to send no user ID',
      )
    }
    return template ?? []
  }

  function parseExcludedEmails(field) {
    const entries = parseList(field, '["example.com", "ada@example.org"]').map((entry) => entry.toLowerCase())
    return new Set(
      entries.map((entry) => {
        const domain = entry.replace(/^@/, '')
        if (!isEmail(entry) && !isEmail(`someone@${domain}`)) {
          field.reject(entry, 'is neither an email address nor a domain: write ada@example.org or example.com')
        }
        return domain
      }),
    )
  }

  /** True if the template gives each person another value; otherwise all people would become one contact. */
  function differsByPerson(template) {
    return template.some((part) => typeof part !== 'string' && (part.of !== 'event' || part.field === 'distinct_id'))
  }

  /**
   * Asks Loops whether it accepts the API key, logs the team's name, and warns of mailing lists and contact properties that
   * the account lacks. If Loops does not answer, it logs a warning.
   *
   * @returns the settings error if Loops refuses the key, otherwise `undefined`.
   */
  async function checkKeyAndAccount(settings, meta) {
    const answer = await getFromLoops('/v1/api-key', settings, meta)
    if (answer.status === 401) {
      const problem = `${settingFields.apiKey.label}: Loops refuses it (${answer.reason})`
      return `Loops settings: ${problem}: copy a key from Loops, Settings -> API.`
    }
    if (answer.status !== 200) {
      console.warn(`The Loops API key could not be checked (${answer.reason}). Events are still sent.`)
      return undefined
    }
    const team = withoutSecrets(quoted(own(answer.json, 'teamName')), settings.apiKey)
    console.log(`Connected to Loops: the API key belongs to the team ${team}.`)
    await checkAccount(settings, meta)
    return undefined
  }

  /** Asks Loops for its mailing lists and contact properties, but only if the settings name any, and warns of missing ones. */
  async function checkAccount(settings, meta) {
    const { eventsToSend, contactUpdates } = settings
    const rules = [eventsToSend, contactUpdates].filter((rule) => !isOff(rule))
    const listIds = rules.flatMap(({ mailingLists }) => [...mailingLists.keys()])
    const propertyNames = isOff(contactUpdates) ? [] : [...contactUpdates.mapping.keys()]
    const loopsLists = listIds.length === 0 ? undefined : await getFromLoops('/v1/lists', settings, meta)
    const loopsProperties =
      propertyNames.length === 0 ? undefined : await getFromLoops('/v1/contacts/properties?list=all', settings, meta)
    const missing = [
      ...missingFrom(loopsLists?.json, { kind: 'mailing list', names: listIds, keyField: 'id', labelField: 'name' }),
      ...missingFrom(loopsProperties?.json, {
        kind: 'contact property',
        names: propertyNames,
        keyField: 'key',
        labelField: 'label',
      }),
    ]
    if (missing.length === 0) return
    const phrases = withoutSecrets(missing.join(', '), settings.apiKey)
    console.warn(
      `The settings name mailing lists or contact properties that the Loops account lacks: ${phrases}. ` +
        'Create mailing lists in Loops, Settings -> Lists, and contact properties in Settings -> API.',
    )
  }

  /** A phrase for each name that Loops' answer lacks, with the most similar key; empty if the answer is not a list. */
  function missingFrom(answer, { kind, names, keyField, labelField }) {
    if (!Array.isArray(answer)) return []
    const present = answer.map((entry) => ({
      key: String(own(entry, keyField)),
      label: String(own(entry, labelField)),
    }))
    const missing = [...new Set(names)].filter((name) => present.every(({ key }) => key !== name))
    return missing.map((name) => {
      const [similar] = [0, 1, 2].flatMap((distance) =>
        present.filter(({ key, label }) =>
          [key, label].some((other) => editDistance(lettersAndDigits(name), lettersAndDigits(other)) === distance),
        ),
      )
      return `${kind} ${quoted(name)}${similar === undefined ? '' : ` (did you mean ${quoted(similar.key)}?)`}`
    })
  }

  /** The name in lower case without blanks and signs, which people mistype most often. */
  function lettersAndDigits(name) {
    return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  }

  /** The Levenshtein distance of two texts. */
  function editDistance(one, other) {
    let row = Array.from({ length: other.length + 1 }, (_, index) => index)
    for (const letter of one) {
      const next = [(row[0] ?? 0) + 1]
      for (let place = 1; place <= other.length; place++) {
        const swapped = (row[place - 1] ?? 0) + (letter === other[place - 1] ? 0 : 1)
        next.push(Math.min(swapped, (row[place] ?? 0) + 1, (next[place - 1] ?? 0) + 1))
      }
      row = next
    }
    return row[other.length] ?? 0
  }

  /**
   * Hands a delivery to a job; tells whether there is one. Jobs are durable, but no server since late 2024 has them. PostHog
   * tries a job once: if the worker dies while it runs, it is gone. So each has a spare one behind it, which does nothing if
   * the first has come to an end.
   */
  async function runLater(delivery, at, meta) {
    const { jobs: queue } = meta
    if (queue === undefined) return false
    const next = { ...delivery, run: (delivery.run ?? 0) + 1, isSpare: false }
    const spare = { ...next, isSpare: true, hasTurn: false }
    return withSpare(next, at, meta, (isSpare, time) => queue.deliver(isSpare ? spare : next).runAt(time))
  }

  async function withSpare(job, at, meta, enqueue) {
    const add = (isSpare, time) =>
      orElse(
        persistently(() => enqueue(isSpare, new Date(time))).then(() => true),
        false,
      )
    // Only the cache tells a spare job that it is not needed: without it there must be none, or they would multiply.
    if (await orElse(noteEnd(job, false, meta), false)) await add(true, at + 15 * MINUTE)
    return add(false, at)
  }

  function endKey({ id, run = 0 }) {
    return `ended-${id}-${run}`
  }

  async function noteEnd(job, hasCome, { cache }) {
    await persistently(() => cache.set(endKey(job), hasCome, DAY_IN_SECONDS))
    return true
  }

  async function hasEnded(job, { cache }) {
    return (await persistently(() => cache.get(endKey(job), false))) === true
  }

  function jobOf({ event, failures, isSpare = false }) {
    return { id: `decide-${eventId(event)}`, run: failures, isSpare }
  }

  /** A spare job does nothing if the one before it has come to an end, and a job that ends says so. */
  async function runJob(job, { dryRun }, meta, work) {
    if (job.isSpare === true && (dryRun || (await orElse(hasEnded(job, meta), false)))) return
    try {
      await work()
    } finally {
      await orElse(noteEnd(job, true, meta), false)
    }
  }

  /** Loops knows an idempotency key for 24 hours: a try after that could send an event a second time. */
  const GIVE_UP_AFTER = 24 * HOUR - 10 * MINUTE

  /** Up to an hour, and each wait up to half as long again, so that what failed together does not come back together. */
  function backOff(first, failures) {
    return Math.min(HOUR, 1.5 ** failures * first) * (1 + Math.random() / 2)
  }

  /**
   * After no answer at all it is longer than Loops may still be at it, so that what it does late is made good.
   */
  async function retry(delivery, { reason, isLate }, meta) {
    const { firstTried = Date.now(), failures, hasTurn, ...rest } = delivery
    const wait = Math.max(backOff(SECOND, failures), isLate === true ? 20 * SECOND : 0)
    if (isTooLate(rest.since ?? firstTried, wait)) throw givenUp(failures + 1, reason)
    if (await runLater({ ...rest, firstTried, failures: failures + 1 }, Date.now() + wait, meta)) return
    throw new RetryError(reason)
  }

  function isTooLate(begun, wait) {
    return begun !== undefined && Date.now() + wait > begun + GIVE_UP_AFTER
  }

  function givenUp(tries, reason) {
    return new Error(`Given up after ${tries} tries within a day: ${reason}`)
  }

  /** Logs the request that a dry run does not send: method, path and body. */
  function logDryRun({ method, path, body }) {
    console.log(`Dry run: ${method} ${path} ${JSON.stringify(body)}`)
  }

  /** Logs why the event is skipped: in a dry run for every event, otherwise once for each reason. */
  function logSkip(event, reason, { dryRun }, memory) {
    if (dryRun) console.log(`Dry run: the event ${quoted(event.event)} is skipped: ${reason}.`)
    else logOnce(reason, memory)
  }

  /**
   * Logs that an event is skipped, once for each reason and worker, so that page views do not fill the log. The line names
   * neither the event nor its person.
   */
  function logOnce(reason, memory) {
    memory.loggedSkips ??= new Set()
    if (memory.loggedSkips.has(reason)) return
    memory.loggedSkips.add(reason)
    console.log(`An event is skipped: ${reason}. Later events that are skipped for this reason are not logged.`)
  }

  const LONGEST_SUMMARY = 100_000

  /** The newest write of each value and of each link; and before one that Loops has yet to take, the newest that it has. */
  function whatCounts({ writes, done }) {
    const [seen, taken] = [new Set(), new Set()]
    const counted = []
    let length = 0
    for (const write of [...writes].sort((one, other) => (isNewer(one, other) ? -1 : 1))) {
      const time = done.get(write.id)
      const counts = (what) => {
        const isNews = !seen.has(what) || (time !== undefined && !taken.has(what))
        seen.add(what)
        if (time !== undefined) taken.add(what)
        return isNews
      }
      const values = Object.entries(write.values).filter(([name]) => counts(`value ${name}`))
      const isLink = counts(JSON.stringify([write.email, write.userId]))
      if (!isLink && values.length === 0) continue
      const line = { ...write, values: Object.fromEntries(values) }
      length += JSON.stringify(line).length
      if (length > LONGEST_SUMMARY) break
      counted.push(line, ...(time === undefined ? [] : [{ id: write.id, done: time }]))
    }
    return counted
  }

  function writeOf({ id, at, request }) {
    const { email, userId } = request.body
    return { id, at, noted: Date.now(), email, userId, values: contactValues(request.body) }
  }

  /** Contact properties and mailing lists in one, the lists with a name that no property has. */
  function contactValues(body) {
    const properties = Object.entries(body).filter(([name]) => !REQUEST_FIELDS.has(name))
    const lists = isRecord(body.mailingLists) ? Object.entries(body.mailingLists) : []
    return Object.fromEntries([...properties, ...lists.map(([id, value]) => [LIST + id, value])])
  }

  const LIST = 'mailingLists/'

  /** The body with other values: in the same order, so that the same values give the same bytes. */
  function bodyWith(body, values) {
    const lists = isRecord(body.mailingLists) ? Object.keys(body.mailingLists) : []
    const mailingLists = Object.fromEntries(
      lists.filter((id) => own(values, LIST + id) !== undefined).map((id) => [id, values[LIST + id]]),
    )
    const entries = Object.entries(body).flatMap(([name, value]) => {
      if (name === 'mailingLists') return Object.keys(mailingLists).length > 0 ? [[name, mailingLists]] : []
      if (REQUEST_FIELDS.has(name)) return [[name, value]]
      return own(values, name) === undefined ? [] : [[name, values[name]]]
    })
    return Object.fromEntries(entries)
  }

  function isNewer(one, other) {
    return one.at === other.at ? one.id > other.id : one.at > other.at
  }

  function newestOf(writes) {
    const [first, ...others] = writes
    return first && others.reduce((newest, other) => (isNewer(other, newest) ? other : newest), first)
  }

  /** The newest write of a property or mailing list. */
  function newestWith(name, writes) {
    return newestOf(writes.filter(({ values }) => own(values, name) !== undefined))
  }

  /** The newest of each value that the history knows, or that the event writes itself. */
  function newestValues(values, own, { writes }) {
    const all = [...writes.filter(({ id }) => id !== own.id), own]
    return Object.fromEntries(
      Object.keys(values).map((name) => [name, (newestWith(name, all)?.values ?? values)[name]]),
    )
  }

  /**
   * An update is not sent if the event is done with, or if each of its values was overtaken by a newer event or is what was
   * written within the last hour: posthog-js repeats `$identify` and `$set` a lot. Once tried, it is sent in any case, as
   * an earlier try may have come to Loops late.
   */
  function isSuperfluous(delivery, { writes, done }) {
    if (done.has(delivery.id)) return true
    const own = writeOf(delivery)
    const others = writes.filter(({ id }) => id !== delivery.id)
    const mayBeSent = delivery.firstTried !== undefined || (others.length < writes.length && delivery.isNoted !== true)
    if (delivery.request.path !== '/v1/contacts/update' || mayBeSent) return false

    const isWritten = (write) => (done.get(write.id) ?? 0) > Date.now() - HOUR
    const links = (write) => write.email === own.email && write.userId === own.userId
    const elsewhere = newestOf(linksOf(own, others).filter((write) => !links(write)))
    const isLinked = others.some(
      (write) => links(write) && isWritten(write) && (elsewhere === undefined || isNewer(write, elsewhere)),
    )
    return (
      isLinked &&
      Object.keys(own.values).every((name) => {
        const newest = newestWith(name, others)
        if (newest === undefined) return false
        return isNewer(newest, own)
          ? done.has(newest.id)
          : isWritten(newest) && newest.values[name] === own.values[name]
      })
    )
  }

  /** What links one of the two identifiers to another one, or to the same. */
  function linksOf(own, writes) {
    return writes.filter(
      ({ email, userId }) =>
        email !== undefined && userId !== undefined && (email === own.email || userId === own.userId),
    )
  }

  /** The newest of the newer events that link one of the two identifiers, if it links it to another one than this does. */
  function newerLink(own, writes) {
    const newest = newestOf(linksOf(own, writes).filter((write) => isNewer(write, own)))
    return newest?.email === own.email && newest?.userId === own.userId ? undefined : newest
  }

  /**
   * The body with the newest value of each contact property. If a newer event has linked one of the identifiers anew, the
   * user ID alone finds the contact: with both, Loops would link it back.
   */
  function newestBody(delivery, history) {
    const { body } = delivery.request
    if (history === undefined) return body
    const own = writeOf(delivery)
    const newest = bodyWith(body, newestValues(own.values, own, history))
    const { email, ...withoutEmail } = newest
    const linked = history.writes.filter(({ id }) => id !== own.id && history.done.has(id))
    const isLinkedAnew = newerLink(own, linked) !== undefined
    return isLinkedAnew && newest.userId !== undefined ? withoutEmail : newest
  }

  /**
   * Reads the history of the contact and adds the delivery to it. It must stand there before it is sent: whoever writes
   * something older afterwards sees it.
   *
   * @returns `superfluous` if there is nothing left to write.
   * @throws what the cache says if it does not answer.
   */
  async function prepared(delivery, meta) {
    const lists = await readLists(delivery.request, meta)
    const history = historyIn(lists)
    if (isSuperfluous(delivery, history)) return 'superfluous'
    if (delivery.isNoted !== true) await note(delivery.request, shortened(writeOf(delivery)), meta)
    if (lists.some(isLong)) await orElse(summarise(delivery.request, meta), undefined)
    return history
  }

  /** The keys under which the history of a contact stands, for each period: Loops finds a contact by either identifier. */
  function historyKeys({ path, body }, period) {
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

  async function readHistory(request, meta) {
    return historyIn(await readLists(request, meta))
  }

  /** What is read each time: so much more than stands before a summary that what others add meanwhile is seen. */
  const MOST_LINES = 150

  const MOST_TEXT = 300_000

  async function readLists(request, { cache }) {
    const period = Math.floor(Date.now() / PERIOD)
    const keys = [...historyKeys(request, period), ...historyKeys(request, period - 1)]
    return Promise.all(
      keys.map(async (key) => {
        // As one text, since it costs more to fetch a line across the border of PostHog's VM than to parse it.
        const text = (await persistently(() => cache.lrange(key, 0, MOST_LINES - 1))).join('\n')
        const texts = withinReach(text)
        return { key, texts, lines: texts.map((text) => JSON.parse(text)) }
      }),
    )
  }

  function withinReach(text) {
    if (text === '') return []
    return text.length <= MOST_TEXT ? text.split('\n') : text.slice(0, MOST_TEXT).split('\n').slice(0, -1)
  }

  function historyIn(lists) {
    const lines = lists.flatMap((list) => list.lines).flatMap((line) => ('summary' in line ? line.summary : [line]))
    const refused = new Set(lines.flatMap((line) => ('refused' in line ? [line.id] : [])))
    const writes = lines.flatMap((line) => ('values' in line && !refused.has(line.id) ? [line] : []))
    return {
      writes: [...new Map(writes.map((write) => [write.id, write])).values()],
      done: new Map(lines.flatMap((line) => ('done' in line ? [[line.id, line.done]] : []))),
    }
  }

  function isLong({ texts, lines }) {
    const newest = lines.findIndex((line) => 'summary' in line)
    const since = newest < 0 ? texts : texts.slice(0, newest)
    return since.length >= MOST_LINES / 3 || since.reduce((sum, { length }) => sum + length, 0) >= MOST_TEXT / 3
  }

  /** Reads the lists again: of several events at once, each then sees what the others have added, or that one was faster. */
  async function summarise(request, meta) {
    for (const list of (await readLists(request, meta)).filter(isLong)) {
      const summary = whatCounts(historyIn([list]))
      await pushLine(meta.cache, list.key, JSON.stringify({ summary }), HISTORY_KEPT_FOR)
    }
  }

  /** As each later event of the contact reads them, what is too large is kept in no order. */
  const LONGEST_WRITE = 30_000

  function shortened(write) {
    return JSON.stringify(write.values).length > LONGEST_WRITE ? { ...write, values: {} } : write
  }

  async function note(request, line, { cache }) {
    for (const key of historyKeys(request, Math.floor(Date.now() / PERIOD))) {
      await pushLine(cache, key, JSON.stringify(line), HISTORY_KEPT_FOR)
    }
  }

  /**
   * Brings a request to Loops: at once, or by a job when it must wait for its turn or for Loops to recover.
   *
   * @throws Error with what Loops said if it refuses the request, or if a day of tries was in vain; RetryError if a passing
   * failure cannot be handed to a job. PostHog records each of them.
   */
  async function deliver(delivery, settings, meta) {
    const { firstTried, since, failures } = delivery
    if (isTooLate(since ?? firstTried, 0)) throw givenUp(failures, 'its job was run too late')
    if (await orElse(isRefusedUserId(delivery.request, meta), false)) {
      logOnce('Loops has just answered that it knows no contact with its user ID', meta.global)
      return
    }
    const history = await orElse(prepared(delivery, meta), undefined)
    if (history === 'superfluous') return
    if (history === undefined && (await waitsForCache(delivery, meta))) return

    const turn = delivery.hasTurn === true ? 0 : await orElse(nextTurn(settings, meta), 0)
    if (turn > Date.now() && (await runLater({ ...delivery, isNoted: true, hasTurn: true }, turn, meta))) return
    await send({ ...delivery, firstTried: firstTried ?? Date.now() }, history, settings, meta)
  }

  async function send(delivery, history, settings, meta) {
    const request = { ...delivery.request, body: newestBody(delivery, history) }
    const answer = await orElse(askLoops(request, settings, meta), NO_ANSWER)
    switch (answer.kind) {
      case 'taken':
        return settle(delivery, request.body, history, settings, meta)
      case 'known':
        // An earlier try brought the values of the event itself, if not newer ones.
        return settle(delivery, delivery.request.body, history, settings, meta)
      case 'failed':
        return retry(delivery, answer, meta)
      case 'refused':
        return refuse(delivery, answer.reason, settings, meta)
    }
  }

  /** Without the history of its contact an update might overwrite what is newer: better a little later than that. */
  async function waitsForCache(delivery, meta) {
    const { cacheFailures } = delivery
    if (cacheFailures === 3) return false
    return runLater({ ...delivery, cacheFailures: cacheFailures + 1 }, Date.now() + 5 * SECOND, meta)
  }

  /** Loops has taken the request. What a newer event has noted meanwhile may have been overwritten: it is written again. */
  async function settle(delivery, sent, history, settings, meta) {
    if (history === undefined) return
    const { request, id } = delivery
    const now = await orElse(readHistory(request, meta), undefined)
    if (now === undefined) return retry(delivery, { reason: 'The cache does not answer' }, meta)

    const sentValues = contactValues(sent)
    const newest = newestValues(sentValues, writeOf(delivery), now)
    const overtaken = Object.keys(newest).filter((name) => newest[name] !== sentValues[name])
    const { email, userId } = sent
    const isLinking = email !== undefined && userId !== undefined
    const link = isLinking ? newerLink({ ...writeOf(delivery), email, userId }, now.writes) : undefined
    if (overtaken.length === 0 && link === undefined) {
      return orElse(note(request, { id, done: Date.now() }, meta), undefined)
    }

    const linked = { ...sent, ...(link && { email: link.email, userId: link.userId }) }
    const { eventName, eventProperties, ...contact } = linked
    const repair = bodyWith(contact, Object.fromEntries(overtaken.map((name) => [name, newest[name]])))
    // It goes out at once, but it counts.
    await orElse(nextTurn(settings, meta), 0)
    const answer = await askLoops({ method: 'PUT', path: '/v1/contacts/update', body: repair }, settings, meta)
    if (answer.kind === 'failed') return retry(delivery, answer, meta)
    return settle(delivery, bodyWith(contact, newest), now, settings, meta)
  }

  const UNKNOWN_FOR = 10 * MINUTE

  /** Whether Loops has just refused this user ID alone, and no event has brought an address for it since. */
  async function isRefusedUserId({ body }, meta) {
    if (body.email !== undefined) return false
    const since = Number(await persistently(() => meta.cache.get(`unknown-${String(body.userId)}`, 0)))
    if (since <= Date.now() - UNKNOWN_FOR) return false
    const { writes } = await readHistory({ path: '/v1/contacts/update', body }, meta)
    return !writes.some(({ email, noted }) => email !== undefined && noted > since)
  }

  async function refuse(delivery, reason, settings, meta) {
    const { request, id } = delivery
    if (request.body.email === undefined && (await isUnknown(request.body.userId, settings, meta))) {
      const update = { path: '/v1/contacts/update', body: request.body }
      const { writes, done } = await orElse(readHistory(update, meta), NOTHING_KNOWN)
      if (writes.some((write) => write.email !== undefined && !done.has(write.id))) {
        return retry(delivery, { reason }, meta)
      }
      const unknown = `unknown-${String(request.body.userId)}`
      await orElse(
        persistently(() => meta.cache.set(unknown, Date.now(), UNKNOWN_FOR / SECOND)),
        undefined,
      )
    }
    await orElse(note(request, { id, refused: true }, meta), undefined)
    throw new Error(reason)
  }

  const NOTHING_KNOWN = { writes: [], done: new Map() }

  /** Loops refuses for many reasons with the same status, and its messages may change: only a look tells. */
  async function isUnknown(userId, settings, meta) {
    // An unpaired surrogate makes encodeURIComponent throw.
    const query = encodeURIComponent(String(userId).replace(/[\ud800-\udfff]/gu, '\ufffd'))
    const { json } = await getFromLoops(`/v1/contacts/find?userId=${query}`, settings, meta)
    return Array.isArray(json) && json.length === 0
  }

  function deliveryOf(request, event) {
    const time = isoText(event.timestamp)
    const at = time === undefined ? Date.now() : Date.parse(time)
    return { request, id: eventId(event), at, failures: 0, cacheFailures: 0 }
  }

  /**
   * Joins the event with its person. PostHog's order applies: `$set` replaces the stored properties, `$set_once` only adds to
   * them, and `$unset` removes from both. Other event properties are never read as the person's: they may be another person's.
   *
   * @param stored the person that PostHog stores, if it was looked up.
   */
  function withPerson(event, stored) {
    const properties = isRecord(event.properties) ? event.properties : {}
    const { set, setOnce, unset } = personChanges(event)
    const person = layered([setOnce, stored?.properties, set])
    return { event, properties, person: without(person, unset), personId: stored?.id, unset }
  }

  /** Reads `$set`, `$set_once` and `$unset`. PostHog takes `$unset` as a list of names, or as an object with those names. */
  function personChanges(event) {
    const { properties } = event
    const set = own(properties, '$set') ?? event.$set
    const setOnce = own(properties, '$set_once') ?? event.$set_once
    const unset = own(properties, '$unset')
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

  /** Who an event belongs to in Loops: the email address and the user ID of the request. */

  /** The first address that the `email` setting yields, without blanks around it; `undefined` if no entry yields one. */
  function emailOf({ email }, data) {
    return email.map((template) => addressFrom(template, data)).find((address) => address !== undefined)
  }

  /** The entries of the `email` setting before the first one that yields an address; all of them if no entry does. */
  function emailEntriesWithoutAddress(templates, data) {
    const found = templates.findIndex((template) => addressFrom(template, data) !== undefined)
    return found < 0 ? templates : templates.slice(0, found)
  }

  /** The user ID that the `userId` setting yields; `undefined` if it is empty, or if the ID is anonymous or shared. */
  function userIdOf({ userId }, data) {
    return personalId(textOfPersonalParts(userId, data), data)
  }

  /** True if `excludedEmails` lists the address or its domain, compared without case. */
  function isExcluded({ excludedEmails }, email) {
    const address = email.toLowerCase()
    return excludedEmails.has(address) || excludedEmails.has(address.slice(address.indexOf('@') + 1))
  }

  /** True if many people would share the ID: Loops would make one contact of them. */
  function isShared(id) {
    return SHARED_ID.test(id.replace(/^[\s'"]+|[\s'"]+$/g, ''))
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
    const isAnonymous = own(properties, '$is_identified') === false && id === event.distinct_id
    // An ID that is too long is not cut as other text is: two people could get the same ID.
    if (isAnonymous || id === own(properties, '$device_id') || !fits(id)) return undefined
    return isShared(id) ? undefined : id
  }

  /** Whether the app has to look up the event's person in PostHog. */

  /** True if a rule that may match the event needs person data that the event lacks. */
  function needsPerson(event, settings) {
    const data = withPerson(event)
    const rules = rulesThatMayMatch(data, settings)
    const lacksValue = (template) =>
      typeof template === 'object' &&
      template.some(
        (part) => typeof part === 'object' && readsPerson(part) && placeholderValue(part, data) === undefined,
      )
    return (
      rules.some((rule) => rule === settings.contactUpdates && rule.includeAll) ||
      rules.some((rule) => hasFilterWithoutValue(rule, data)) ||
      rules.some(({ mapping, mailingLists }) => [...mapping.values(), ...mailingLists.values()].some(lacksValue)) ||
      (rules.length > 0 &&
        (lacksValue(settings.userId) || emailEntriesWithoutAddress(settings.email, data).some(lacksValue)))
    )
  }

  /** True if a filter of a rule that may match the event needs person data that the event lacks. */
  function filtersNeedPerson(event, settings) {
    const data = withPerson(event)
    return rulesThatMayMatch(data, settings).some((rule) => hasFilterWithoutValue(rule, data))
  }

  /** The rules that name the event and whose filters hold, not counting filters on person properties that the event lacks. */
  function rulesThatMayMatch(data, { eventsToSend, contactUpdates }) {
    return [eventsToSend, contactUpdates].filter(
      ({ events, filters }) =>
        nameInLoops(events, data.event.event) !== undefined &&
        filtersHold(
          filters.filter(({ type, key }) => type === 'event' || own(data.person, key) !== undefined),
          data,
        ),
    )
  }

  function hasFilterWithoutValue({ filters }, { person }) {
    return filters.some(({ type, key }) => type === 'person' && own(person, key) === undefined)
  }

  /** Changes are kept for longer than persons, by periods, so that no list of them grows without end. */
  const CHANGES_PERIOD = 600_000

  function changesKey(distinctId, periodsAgo) {
    return `changes-${distinctId}-${Math.floor(Date.now() / CHANGES_PERIOD) - periodsAgo}`
  }

  /**
   * Notes them beside the cached person: PostHog may take seconds to store them, and may be asked by another event meanwhile.
   * If they are too large or too many to keep, the person is not kept either, nor is anything that was noted before.
   */
  async function noteChanges(distinctId, changes, { cache }) {
    const key = changesKey(distinctId, 0)
    const line = JSON.stringify({ ...changes, at: Date.now() })
    const isKept = line.length <= 10_000 && (await count(cache, `number-of-${key}`)) < MOST_CHANGES
    if (!isKept) await persistently(() => cache.set(`person-${distinctId}`, null, 1))
    await pushLine(cache, key, isKept ? line : FORGET, (2 * CHANGES_PERIOD) / 1000)
  }

  const MOST_CHANGES = 100

  const FORGET = '{"forget":true}'

  /** The properties of the person with the changes that PostHog may not have known of when it was asked. */
  async function changedSince({ properties, askedAt }, distinctId, { cache }) {
    const keys = [changesKey(distinctId, 0), changesKey(distinctId, 1)]
    const lists = await Promise.all(keys.map((key) => persistently(() => cache.lrange(key, 0, MOST_CHANGES - 1))))
    const lines = lists.flat()
    const end = lines.indexOf(FORGET)
    return lines
      .slice(0, end < 0 ? undefined : end)
      .map((line) => JSON.parse(line))
      .filter(({ at }) => at > askedAt - STORED_AFTER)
      .reduceRight((person, { set, setOnce, unset }) => without(layered([setOnce, person, set]), unset), properties)
  }

  /** Milliseconds within which PostHog as a rule has stored what an event changes. */
  const STORED_AFTER = 15_000

  /** Seconds. A person that PostHog does not know may be one that it has yet to store. */
  const PERSON_KEPT_FOR = 300

  const NOBODY_KEPT_FOR = 60

  const LOOK_UP_RESTS_FOR = 60_000

  const UNANSWERED = 'unanswered'

  /**
   * The person of the event as PostHog has stored it, with what later events have changed.
   *
   * @returns `undefined` if the settings or the event do not ask for it, `unanswered` if PostHog does not tell.
   */
  async function storedPerson(event, settings, meta) {
    const { distinct_id: distinctId } = event
    if (!mayBeLookedUp(distinctId, settings) || !needsPerson(event, settings)) return undefined
    const person = (await cachedPerson(distinctId, meta)) ?? (await askForPerson(distinctId, settings, meta))
    if (person === undefined) return UNANSWERED
    return { ...person, properties: await orElse(changedSince(person, distinctId, meta), person.properties) }
  }

  /** Notes what the event changes of its person, for those that look the person up. */
  async function followPerson(event, settings, meta) {
    if (!mayBeLookedUp(event.distinct_id, settings)) return
    const changes = personChanges(event)
    if (hasCustomName(changes)) await noteChanges(event.distinct_id, changes, meta)
  }

  /** What PostHog has stored under a shared ID is of whoever came last. And an ID that no URL can hold, it does not know. */
  function mayBeLookedUp(distinctId, { posthogUrl }) {
    if (posthogUrl === '' || typeof distinctId !== 'string') return false
    return !isShared(distinctId) && !/[\p{Cc}\ud800-\udfff]/u.test(distinctId)
  }

  /** Whether there is more than the `$` properties of every page view. */
  function hasCustomName({ set, setOnce, unset }) {
    return [...Object.keys({ ...set, ...setOnce }), ...unset].some((name) => !name.startsWith('$'))
  }

  async function cachedPerson(distinctId, { cache }) {
    const found = await orElse(
      persistently(() => cache.get(`person-${distinctId}`, null)),
      null,
    )
    return isRecord(found) && isRecord(found.properties) ? found : undefined
  }

  async function keepPerson(distinctId, person, { cache }) {
    const seconds = person.id === undefined ? NOBODY_KEPT_FOR : PERSON_KEPT_FOR
    await orElse(
      persistently(() => cache.set(`person-${distinctId}`, person, seconds)),
      undefined,
    )
  }

  /** Many events at once wait for one answer. After a failure PostHog is left in peace for a minute. */
  async function askForPerson(distinctId, settings, meta) {
    const memory = meta.global
    if (Date.now() < (memory.lookUpRestsUntil ?? 0)) return undefined
    memory.lookUps ??= new Map()
    const underWay = memory.lookUps.get(distinctId) ?? fetchPerson(distinctId, settings)
    memory.lookUps.set(distinctId, underWay)
    try {
      const person = await underWay
      memory.isLookUpFailureLogged = false
      await keepPerson(distinctId, person, meta)
      return person
    } catch (error) {
      memory.lookUpRestsUntil = Date.now() + LOOK_UP_RESTS_FOR
      logLookUpFailure(withoutSecrets(messageOf(error), settings.apiKey), memory)
      return undefined
    } finally {
      memory.lookUps.delete(distinctId)
    }
  }

  /** A person that PostHog does not know is an answer too: one without properties. */
  async function fetchPerson(distinctId, { posthogUrl }) {
    const askedAt = Date.now()
    const path = `/api/projects/@current/persons/?distinct_id=${encodeURIComponent(distinctId)}`
    const response = await posthog.api.get(path, { host: posthogUrl })
    if (!response.ok) throw new Error(`PostHog answered ${response.status}`)
    const answer = await response.json()
    const results = own(answer, 'results')
    if (!Array.isArray(results)) throw new Error('PostHog answered with something else than persons')
    const person = results[0]
    const id = own(person, 'uuid') ?? own(person, 'id')
    const properties = own(person, 'properties')
    return {
      ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
      properties: isRecord(properties) ? properties : {},
      askedAt,
    }
  }

  function logLookUpFailure(reason, memory) {
    if (memory.isLookUpFailureLogged === true) return
    memory.isLookUpFailureLogged = true
    console.warn(
      `The person cannot be looked up (${reason}): events are sent with what they say themselves. ` +
        'Until it works again this is not logged.',
    )
  }

  /** The contact properties, event properties and mailing lists of a request. */

  /**
   * The contact properties that the rule includes and maps. `null` resets a property in Loops: each one that a person property
   * removed by the event has fed.
   */
  function contactProperties(rule, data) {
    const values = propertiesFrom(data.person, rule, CONTACT_PROPERTIES, data)
    for (const name of namesToReset(rule, data)) if (own(values, name) === undefined) values[name] = null
    return values
  }

  /** The event properties that the rule includes and maps. */
  function eventProperties(rule, data) {
    return propertiesFrom(data.properties, rule, EVENT_PROPERTIES, data)
  }

  /** Whether to add the contact to each mailing list (`true`) or to remove it; a value that is neither leaves the list out. */
  function mailingListValues({ mailingLists }, data) {
    const values = {}
    for (const [id, template] of mailingLists) {
      const value = parseBoolean(templateValue(template, data))
      if (value !== undefined) values[id] = value
    }
    return values
  }

  const EVENT_PROPERTIES = { isLeftOut: isLeftOutOfEvent, valueOf: (_, value) => loopsValue(value) }

  const CONTACT_PROPERTIES = {
    isLeftOut: isLeftOutOfContact,
    valueOf: (name, value) => (name === 'subscribed' ? parseBoolean(value) : loopsValue(value)),
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
   * @param stored the person that PostHog stores, if `needsPerson` asks for it.
   * @returns the request, or the reason for skipping an event that matches, or `undefined` for an event that does not match.
   */
  function translate(event, settings, stored) {
    const { eventsToSend, contactUpdates } = settings
    const eventName = nameInLoops(eventsToSend.events, event.event)
    const isContactEvent = nameInLoops(contactUpdates.events, event.event) !== undefined
    if (eventName === undefined && !isContactEvent) return undefined

    const data = withPerson(event, stored)
    const sends = eventName !== undefined && filtersHold(eventsToSend.filters, data)
    const updates = isContactEvent && filtersHold(contactUpdates.filters, data)
    if (!sends && !updates) return undefined

    const email = emailOf(settings, data)
    const userId = userIdOf(settings, data)
    if (email === undefined && userId === undefined) return { skipped: 'it has neither an email address nor a user ID' }
    if (email !== undefined && isExcluded(settings, email)) {
      return { skipped: 'the settings exclude its email address' }
    }

    // The mailing lists of the event win over those of the contact update.
    const mailingLists = {
      ...(updates && mailingListValues(contactUpdates, data)),
      ...(sends && mailingListValues(eventsToSend, data)),
    }
    // The identity is written last, so that no property can overwrite it.
    const body = Object.assign(updates ? contactProperties(contactUpdates, data) : {}, {
      ...(sends && {
        // Loops refuses event names with colons.
        eventName: cutToFit(eventName.replace(/:/g, '_')),
        eventProperties: eventProperties(eventsToSend, data),
      }),
      ...(Object.keys(mailingLists).length > 0 && { mailingLists }),
      ...(email !== undefined && { email }),
      ...(userId !== undefined && { userId }),
    })
    return { request: sends ? sendEvent(body, event.uuid) : { method: 'PUT', path: '/v1/contacts/update', body } }
  }

  function sendEvent(body, uuid) {
    const request = { method: 'POST', path: '/v1/events/send', body }
    // Loops allows 100 characters; a uuid with other characters could forge an HTTP header.
    return typeof uuid === 'string' && /^[\w-]{1,100}$/.test(uuid) ? { ...request, idempotencyKey: uuid } : request
  }

  /**
   * The PostHog app that sends people and events to Loops. This file holds the hooks that PostHog calls and the path of an
   * event through them: settings, person, request, delivery. PostHog runs `dist/index.js`, which `npm run build` makes of
   * this file and `src/`.
   */

  /**
   * Reads the settings and, unless it is a dry run, checks the API key and the settings against the Loops account.
   *
   * @throws Error that lists the problems if a setting is wrong or Loops refuses the key: PostHog then disables the app and
   * shows the message. If Loops does not answer, the app logs a warning and goes on.
   */
  async function setupPlugin(meta) {
    const settings = settingsOf(meta)
    if (settings.delivery === 'webhook' && meta.global.accountCheck === undefined) {
      console.warn('Delivery "webhook" works only on PostHog servers from 2024-01-19 to 2025-05-22.')
    }
    if (settings.dryRun) return
    meta.global.accountCheck ??= checkKeyAndAccount(settings, meta)
    // A timeout must not throw: PostHog disables an app whose setupPlugin throws.
    const problem = await orElse(meta.global.accountCheck, undefined)
    if (problem !== undefined) throw new Error(problem)
  }

  /**
   * Sends the event to Loops if `delivery` is "direct". PostHog servers that know `composeWebhook` call both hooks for each
   * event.
   *
   * @throws the errors of `deliver`; RetryError if PostHog does not return the person that a filter needs and the server has
   * no jobs.
   */
  async function onEvent(event, meta) {
    const settings = settingsOf(meta)
    if (settings.delivery !== 'direct') return
    await orElse(followPerson(event, settings, meta), undefined)
    await decide({ event, firstTried: Date.now(), failures: 0 }, settings, meta)
  }

  /**
   * Returns the request for PostHog to send if `delivery` is "webhook"; `null` means that there is nothing to send. PostHog
   * does not wait for promises here, so no person is looked up.
   */
  function composeWebhook(event, meta) {
    const settings = settingsOf(meta)
    if (settings.delivery !== 'webhook') return null
    const request = requestToSend(event, settings, meta)
    return request === undefined ? null : webhookFor(request, settings.apiKey)
  }

  /** The handlers of the jobs that wait in PostHog's queue. PostHog does not run the jobs of a disabled app. */
  const jobs = {
    decide: async (undecided, meta) => {
      const settings = settingsOf(meta)
      await runJob(jobOf(undecided), settings, meta, () => decide(undecided, settings, meta))
    },
    deliver: async (delivery, meta) => {
      const settings = settingsOf(meta)
      await runJob(delivery, settings, meta, async () => {
        if (settings.dryRun) logDryRun(delivery.request)
        else await deliver(delivery, settings, meta)
      })
    },
  }

  /** Reads the settings at the first call: PostHog may call a hook before `setupPlugin` has ended. */
  function settingsOf({ config, global }) {
    global.settings ??= parseSettings(config)
    return global.settings
  }

  async function decide(undecided, settings, meta) {
    const { event, firstTried, failures } = undecided
    const stored = await orElse(storedPerson(event, settings, meta), UNANSWERED)
    if (stored === UNANSWERED && filtersNeedPerson(event, settings)) return decideLater(undecided, settings, meta)
    const request = requestToSend(event, settings, meta, stored === UNANSWERED ? undefined : stored)
    if (request === undefined) return
    const delivery = deliveryOf(request, event)
    await deliver(failures === 0 ? delivery : { ...delivery, since: firstTried }, settings, meta)
  }

  const PERSON_UNKNOWN = 'PostHog did not return the person that a filter needs'

  /** Puts the event off until PostHog returns the person: without it a filter could let the wrong people through. */
  async function decideLater(undecided, settings, meta) {
    const { event, firstTried, failures } = undecided
    if (settings.dryRun) {
      logSkip(event, PERSON_UNKNOWN, settings, meta.global)
      return
    }
    const wait = backOff(MINUTE, failures)
    if (isTooLate(firstTried, wait)) throw givenUp(failures + 1, PERSON_UNKNOWN)
    const { jobs: queue } = meta
    const next = { event, firstTried, failures: failures + 1 }
    const waits =
      queue !== undefined &&
      (await withSpare(jobOf(next), Date.now() + wait, meta, (isSpare, time) =>
        queue.decide({ ...next, isSpare }).runAt(time),
      ))
    if (!waits) throw new RetryError(PERSON_UNKNOWN)
  }

  /** Translates the event; `undefined` if nothing is to be sent. Logs a skipped event, and the request of a dry run. */
  function requestToSend(event, settings, { global }, stored) {
    const translation = translate(event, settings, stored)
    if (translation === undefined) return undefined
    if ('skipped' in translation) {
      logSkip(event, translation.skipped, settings, global)
      return undefined
    }
    if (!settings.dryRun) return translation.request
    logDryRun(translation.request)
    return undefined
  }

  return { composeWebhook, jobs, onEvent, setupPlugin }
})()
