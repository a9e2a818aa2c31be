/** `npm run playground`: serves the playground to this machine, at the port in the environment variable PORT or 8010. */
import { messageOf } from '../lib/usage-error'
import { createPlayground } from './api'
import { destinationStart } from '../../destination/from-settings/form'
import { DestinationRuns } from './destination-runs'
import { pageFiles } from './page-files'
import { readRecordedEvents } from '../simulators/posthog/recorded-events'
import { recipesNow } from './recipes'
import { Session, USUAL_SERVER } from './session'

async function main(port: number): Promise<void> {
  process.stdout.write('The playground is starting ...\n')
  const session = new Session({ recorded: await readRecordedEvents(), recipes: recipesNow() })
  const [files] = await Promise.all([
    pageFiles(),
    // Compile the app now, so that the first question of the page is fast.
    session.problems({ settings: {}, server: USUAL_SERVER }),
    // Likewise the destination.
    DestinationRuns.start(destinationStart().settings),
  ])
  createPlayground(session, files)
    .once('error', (error: NodeJS.ErrnoException) => {
      fail(
        error.code === 'EADDRINUSE'
          ? `Port ${port} is taken. Choose another: PORT=${port + 1} npm run playground`
          : `The playground cannot listen on port ${port}: ${error.message}`,
      )
    })
    .listen(port, '127.0.0.1', () => {
      process.stdout.write(`The playground is at http://localhost:${port} (Ctrl+C ends it)\n`)
    })
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const port = Number(process.env.PORT ?? '8010')
if (!Number.isInteger(port) || port < 1 || port > 65535) fail('PORT must be a number from 1 to 65535.')
main(port).catch((error: unknown) => {
  fail(messageOf(error))
})
