/** The keys of PostHog and Loops, which commands read from the environment only. */
import type { Output } from './command-line'
import { UsageError } from './usage-error'

/** The forms of the keys: the characters of a bearer token (RFC 6750), at least eight of them, and for Loops no key of PostHog. */
const KEYS = {
  POSTHOG_API_KEY: { owner: 'PostHog', form: /^[\w.~+/-]{8,}=*$/ },
  LOOPS_API_KEY: { owner: 'Loops', form: /^(?!ph[cxs]_)[\w.~+/-]{8,}=*$/ },
} as const

/** A shorter text is not a key: parts of words would be masked. */
const SHORTEST_KEY = 8

/**
 * The key in the variable.
 *
 * @param remedy where to get one.
 * @throws UsageError with the remedy if the variable is missing or holds no such key.
 */
export function keyIn(environment: NodeJS.ProcessEnv, name: keyof typeof KEYS, remedy: string): string {
  const key = environment[name] ?? ''
  const { owner, form } = KEYS[name]
  if (key === '') throw new UsageError(`${name} is missing: ${remedy}, and put it into the environment.`)
  if (!form.test(key)) throw new UsageError(`${name} is not a key of ${owner}: ${remedy}.`)
  return key
}

/** The output without the keys, in whatever form they come: in place of each stands the name of its variable. */
export function withoutKeys(output: Output, environment: NodeJS.ProcessEnv): Output {
  const names = Object.keys(KEYS).flatMap((name) => {
    const key = environment[name] ?? ''
    const forms = key.length < SHORTEST_KEY ? [] : [key, encodeURIComponent(key)]
    return forms.map((form) => [form, `(${name})`] as const)
  })
  const masked = (text: string): string => names.reduce((kept, [form, name]) => kept.replaceAll(form, name), text)
  return {
    say: (text) => {
      output.say(masked(text))
    },
    tell: (text) => {
      output.tell(masked(text))
    },
  }
}
