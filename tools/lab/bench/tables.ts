export interface Verdict {
  readonly target: string
  readonly atMost: number
  readonly measured: number
  readonly isMet: boolean
  /** How to write both numbers. */
  readonly written: (value: number) => string
}

/** Whether a figure meets its target. */
export function verdict(target: string, atMost: number, measured: number, written = times): Verdict {
  return { target, atMost, measured, isMet: measured <= atMost, written }
}

/** A table of the verdicts. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ target, atMost, measured, isMet, written }) => [
    ...[target, written(measured), `at most ${written(atMost)}`, isMet ? 'met' : 'MISSED'],
  ])
  return table([['target', 'measured', '', ''], ...rows])
}

/** Text with columns of equal width. The first row is the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

/** A ratio. */
export function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`
}
