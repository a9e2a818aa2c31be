import { UsageError } from './usage-error'

/** The two streams of a command. */
export interface Output {
  /** Writes results, to stdout. */
  say(text: string): void
  /** Writes progress and errors, to stderr. */
  tell(text: string): void
}

/**
 * Runs a command and returns its exit code: that of `command`, or 1 after a UsageError, whose sentence goes to
 * `output.tell`. Throws any other error.
 */
export async function exitCodeOf(command: () => Promise<number>, output: Output): Promise<number> {
  try {
    return await command()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    output.tell(`${error.message}\n`)
    return 1
  }
}

/** Runs a command with the terminal as its output, and ends the process with the command's exit code. */
export async function runInTerminal(command: (output: Output) => Promise<number>): Promise<void> {
  // A reader such as `head` closes the pipe before the command has ended.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  process.exitCode = await command({
    say: (text) => process.stdout.write(text),
    tell: (text) => process.stderr.write(text),
  })
}
