import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { messageOf, UsageError } from './usage-error'

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

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

/**
 * The options on the command line, each of a known name.
 *
 * @param command how the user writes the command, for `See COMMAND -- --help.`
 * @throws UsageError for an unknown option, a missing value, an argument that is not an option, or an option before " -- ".
 */
export function optionsIn<const Options extends OptionsConfig>(
  command: string,
  args: string[],
  options: Options,
  environment = process.env,
) {
  // npm takes an option before " -- " for itself: a dry run would not be dry.
  const taken = Object.keys(options).find(
    (name) => (environment[`npm_config_${name.replaceAll('-', '_')}`] ?? '') !== '',
  )
  if (taken !== undefined)
    throw new UsageError(`npm has taken --${taken}: write it after " -- ", like ${command} -- --${taken}.`)
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    const [sentence = ''] = messageOf(error).split(/\.\s/)
    const remedy = sentence.startsWith('Unexpected argument') ? remedyForArgument(command, args, options) : ''
    throw new UsageError(`${sentence}${remedy}. See ${command} -- --help.`)
  }
}

/** What to write instead of the first argument that is no option: a clause, or an empty text. */
function remedyForArgument(command: string, args: string[], options: OptionsConfig): string {
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const first = tokens.findIndex(({ kind }) => kind === 'positional')
  const option = tokens[first - 1]
  // Without " -- ", npm takes the options for itself, and the command gets only their values.
  if (option?.kind !== 'option')
    return `: write " -- " before the options, like ${command} -- --${Object.keys(options)[0]}`
  if (option.value === undefined) return ''
  const next = tokens.find(({ kind }, at) => at > first && kind !== 'positional')
  const text = [option.value, ...args.slice(tokens[first]?.index, next?.index)].join(' ')
  return `: put a value with spaces into quotes, like --${option.name} ${inQuotes(text)}`
}

/** Between double quotes, a shell would replace some signs. */
function inQuotes(text: string): string {
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : `"${text}"`
}

/** @throws UsageError unless the text of the option is a whole number from 1 on. */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${option} takes a whole number from 1 on, not '${text}'.`)
  return Number(text)
}

/**
 * The choices of that name, or all if the option is left out.
 *
 * @throws UsageError for an unknown name.
 */
export function chosen<Choice extends { readonly name: string }>(
  option: string,
  name: string | undefined,
  all: readonly Choice[],
): readonly Choice[] {
  const found = all.filter((choice) => name === undefined || choice.name === name)
  if (found.length > 0) return found
  throw new UsageError(`--${option} does not know '${name ?? ''}': use ${all.map((choice) => choice.name).join(', ')}.`)
}

/**
 * Text with columns of equal width, for a terminal. The first row has the titles; the first column stands left, the others,
 * which are mostly numbers, right.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n')
}
