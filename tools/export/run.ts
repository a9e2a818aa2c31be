/** `npm run export-contacts`: writes a CSV of PostHog's persons for the import of Loops. `-- --help` lists the options. */
import { exitCodeOf, runInTerminal } from '../lib/command-line'
import type { Output } from '../lib/command-line'
import { withoutKeys } from '../lib/keys'
import { messageOf } from '../lib/usage-error'
import { ownProperty } from '../../src/json'
import { exportContacts } from './export-contacts'
import type { Surroundings } from './export-contacts'
import { help, parseOptions } from './options'
import { GaveUp, Stopped } from './patience'

const GO_ON = 'The persons read so far are kept: run the same command again to continue.\n'
/** As a shell reports a command that Ctrl-C has ended. */
const INTERRUPTED = 130

/**
 * Exports as the command line asks.
 *
 * @returns the exit code: 1 after a usage error, an error of the file system or a PostHog that does not come back, 130 after Ctrl-C.
 */
export function run(args: string[], environment: NodeJS.ProcessEnv, surroundings: Surroundings): Promise<number> {
  const { signal } = surroundings
  const output = withoutKeys(surroundings.output, environment)
  return exitCodeOf(async () => {
    const options = parseOptions(args, environment)
    if (options === undefined) {
      output.say(help)
      return 0
    }
    try {
      await exportContacts(options, { ...surroundings, output })
      return 0
    } catch (error) {
      if (error instanceof GaveUp) output.tell(`${error.message} ${GO_ON}`)
      else if (isOfFiles(error)) output.tell(`The files cannot be written or read: ${messageOf(error)}. ${GO_ON}`)
      else if (signal.aborted) output.tell(`Stopped. ${GO_ON}`)
      else throw error
      return error instanceof Stopped || signal.aborted ? INTERRUPTED : 1
    }
  }, output)
}

/** True for an error of the file system, such as a full disk. */
function isOfFiles(error: unknown): boolean {
  return typeof ownProperty(error, 'syscall') === 'string'
}

function runUntilInterrupted(output: Output): Promise<number> {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    controller.abort()
  })
  return run(process.argv.slice(2), process.env, {
    output,
    signal: controller.signal,
    ...(process.stderr.isTTY && { terminal: process.stderr }),
  })
}

if (require.main === module) void runInTerminal(runUntilInterrupted)
