/** `npm run lab simulators`: simulators of PostHog and for Loops on this machine, to try `npm run deploy` with. */
import { loadHogParser } from '../../simulators/hog/syntax-tree'
import { exitCodeOf, runInTerminal } from '../../lib/command-line'
import type { Output } from '../../lib/command-line'
import { UsageError } from '../../lib/usage-error'
import { LoopsApi } from '../../simulators/loops/loops-api'
import { serveLoopsApi } from '../../simulators/loops/server'
import type { Answerer } from '../../simulators/loops/server'
import { servesCapture } from '../../simulators/posthog/capture-endpoint'
import { routeTo } from '../../simulators/posthog/fetch'
import { personsRoute } from '../../simulators/posthog/rest-api/persons'
import { generations, PosthogServer } from '../../simulators/posthog/rest-api/posthog-server'
import type { Generation } from '../../simulators/posthog/rest-api/posthog-server'
import { servePosthog } from '../../simulators/posthog/rest-api/server'
import { eventLines, loopsLine, requestLine } from './lines'

const POSTHOG_KEY = 'phx_simulator_key'
const LOOPS_KEY = 'loops-simulator-key'

/** People who were there before the installation. */
const PERSONS = ['grace', 'alan', 'barbara'].map((name, index) => ({
  uuid: `018f0000-0000-7000-8000-00000000000${index}`,
  distinct_ids: [`user_${name}`],
  properties: { email: `${name}@example.com`, firstname: name },
  created_at: '2024-05-01T10:00:00.000Z',
}))

/**
 * Starts both servers, at PORT and the port after it, or at 8011 and 8012; 0 takes any free ports.
 *
 * @returns the exit code: 1 if they cannot start.
 */
export function run(args: string[], environment: NodeJS.ProcessEnv, output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const generation = generationIn(args)
    const port = Number(environment['PORT'] ?? '8011')
    if (!Number.isInteger(port) || port < 0 || port > 65534) throw new UsageError('PORT must be from 0 to 65534.')
    const loopsPort = port === 0 ? 0 : port + 1
    const loops = await serveLoopsApi(tellingLoops(output), loopsPort).catch(taken(loopsPort, port, args))
    const posthog = new PosthogServer({
      generation,
      keys: { [POSTHOG_KEY]: { scopes: ['*'] } },
      parser: await loadHogParser(),
      fetch: routeTo('https://app.loops.so', loops.url),
      routes: [personsRoute(PERSONS, { hogql: true })],
      onEvent: (event, runs) => {
        for (const line of eventLines(event, runs)) output.say(line)
      },
    })
    const { url } = await servePosthog(posthog, port, (method, path, status) => {
      // An event that is accepted has a line of its own.
      if (status !== 200 || !servesCapture(path.split('?')[0] ?? ''))
        output.say(requestLine('PostHog', method, path, String(status)))
    }).catch(async (error: unknown) => {
      await loops.close()
      return taken(port, port, args)(error)
    })
    output.say(greeting(url, loops.url, generation))
    return 0
  }, output)
}

/** A simulator of Loops that says what it answers. */
function tellingLoops(output: Output): Answerer {
  const api = new LoopsApi({ apiKey: LOOPS_KEY })
  return {
    answer: async (request) => {
      const answer = await api.answer(request)
      output.say(loopsLine(request, answer))
      return answer
    },
  }
}

function generationIn([name = 'destinations', ...others]: string[]): Generation {
  const generation = generations.find((each) => each === name)
  if (generation !== undefined && others.length === 0) return generation
  throw new UsageError(`Usage: npm run lab simulators -- [${generations.join('|')}]`)
}

function taken(port: number, first: number, args: readonly string[]): (error: unknown) => never {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const command = ['npm run lab simulators', ...(args.length === 0 ? [] : ['--', ...args])].join(' ')
    throw new UsageError(`Port ${port} is taken. Choose others: PORT=${first + 10} ${command}`)
  }
}

/** What the older servers are for: they have no custom destinations, and the simulator runs no apps. */
const OLDER: Readonly<Record<string, string>> = {
  apps: 'It is a server until 2024, which has no destinations: `npm run deploy` stops there and says so. The simulator runs no apps: `npm start` does.',
  addOn:
    'It is a server from before mid-September 2025, which refuses custom destinations: `npm run deploy` stops there and says so. For the app, see `npm start`.',
}

function greeting(posthog: string, loops: string, generation: Generation): string {
  const older = OLDER[generation]
  const about = older === undefined ? '' : `\n${older}\n`
  const deploy = `  npm run deploy -- --posthog ${posthog} --events "user signed up"\n`
  const find = `  curl '${loops}/api/v1/contacts/find?email=ada@example.com' -H "Authorization: Bearer $LOOPS_API_KEY"\n`
  return `A simulator of PostHog (${generation}) is at ${posthog}, one of Loops at ${loops}. Ctrl+C ends both.
Each event and each request has a line below, with what became of it.
${about}
In another terminal:

  export POSTHOG_API_KEY=${POSTHOG_KEY} LOOPS_API_KEY=${LOOPS_KEY} LOOPS_SIMULATOR=${loops}
${older === undefined ? deploy : ''}  curl ${posthog}/capture/ -H 'Content-Type: application/json' \\
    -d '{"event": "$identify", "distinct_id": "user_1", "$set": {"email": "ada@example.com", "firstname": "Ada"}}'
${older === undefined ? find : ''}  npm run export-contacts -- --posthog ${posthog} --out contacts.csv

`
}

if (require.main === module) void runInTerminal((output) => run(process.argv.slice(2), process.env, output))
