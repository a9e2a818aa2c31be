import type { Output } from '../sandbox/lib/command-line'

const KEYS = ['POSTHOG_API_KEY', 'LOOPS_API_KEY'] as const

/** A shorter text is no key: parts of words would be masked. */
const SHORTEST_KEY = 8

/** The output without the keys, in whatever form they come: in place of each stands the name of its variable. */
export function withoutKeys(output: Output, environment: NodeJS.ProcessEnv): Output {
  const names = KEYS.flatMap((name) => {
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
