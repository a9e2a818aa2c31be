import { quoted } from '../../src/redact'
import { LEFT_OUT } from './contact'
import type { WrittenCsv } from './csv-file'
import type { ExportState } from './state'

/** What the export has written and left out, and what to do with the file. */
export function reportOf(path: string, state: ExportState, written: WrittenCsv): string {
  const leftOut = {
    ...state.leftOut,
    'another person with their email is written, or PostHog listed them twice': written.sameEmail,
  }
  const reasons = LEFT_OUT.flatMap((reason) => {
    const persons = leftOut[reason] ?? 0
    return persons === 0 ? [] : [`${number(persons)} left out: ${reason}`]
  })
  const rest = [
    counted(
      written.hasUserIds ? written.withoutUserId : 0,
      'without a user ID: no ID, or several, can be their own (--user-id names a property)',
    ),
    counted(written.sameUserId, 'without a user ID: a newer contact has the same one'),
    counted(state.formulas, 'properties left out: a spreadsheet would run the value or the name as a formula'),
    written.leftOut.length === 0
      ? []
      : [
          `no column for ${written.leftOut.map((name) => quoted(name)).join(', ')}: Loops might confuse it with its own property; map it to another name`,
        ],
  ].flat()
  return [
    `${path}: ${number(written.contacts)} of ${number(state.persons)} persons.`,
    ...[...reasons, ...rest].map((line) => `  ${line}`),
    'In Loops: Audience -> Import -> CSV. Leave "Trigger loops" off, unless each contact should get the emails for new contacts.\n',
  ].join('\n')
}

function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${number(count)} ${what}`]
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}
