/** The first half of an export: PostHog's persons become rows, until all columns are known. */
import { UsageError } from '../lib/usage-error'
import type { Settings } from '../../src/settings/settings'
import { cellOf, isFormula } from './cells'
import { contactOf } from './contact'
import type { Contact } from './contact'
import { personsPage } from './persons'
import type { PersonsPage, PersonsSource } from './persons'
import { linesOf, openRows, writeWhole } from './rows'
import type { Row } from './rows'
import { saveState } from './state'
import type { ExportFiles, ExportState } from './state'

/** More properties than anybody maps in Loops: they come from names that differ from person to person. */
const MOST_COLUMNS = 1000

export interface Collection {
  readonly source: PersonsSource
  readonly settings: Settings
  readonly since: number | undefined
  readonly files: ExportFiles
  /** Is changed and saved after each page. */
  readonly state: ExportState
  readonly onPage: (state: ExportState) => void
}

/**
 * Reads the pages that the state lacks, and writes their rows.
 *
 * @throws what `personsPage` throws; UsageError if the persons have more than 1,000 properties.
 */
export async function collectRows({ source, settings, since, files, state, onPage }: Collection): Promise<void> {
  if (state.next === null) return
  const file = await openRows(files.rows, state.rowBytes > 0)
  try {
    while (state.next !== null) {
      const page: PersonsPage = await personsPage(source, state.next)
      const rows = rowsOf(page, settings, since, state)
      const lines = linesOf(rows)
      await writeWhole(file, lines, state.rowBytes)
      state.rowBytes += lines.length
      state.next = page.next ?? null
      saveState(files, state)
      onPage(state)
    }
  } finally {
    await file.close()
  }
}

/** The rows of a page. Counts in the state what they leave out. */
function rowsOf({ persons }: PersonsPage, settings: Settings, since: number | undefined, state: ExportState): Row[] {
  const properties = new Set(state.properties)
  const rows: Row[] = []
  for (const person of persons) {
    state.persons += 1
    const contact = contactOf(person, settings, since)
    if (typeof contact === 'string') state.leftOut[contact] = (state.leftOut[contact] ?? 0) + 1
    else rows.push(rowOf(contact, properties, state))
  }
  if (properties.size > MOST_COLUMNS) {
    throw new UsageError(
      `The persons have more than ${MOST_COLUMNS} properties: map those that Loops needs, instead of "include all".`,
    )
  }
  state.rows += rows.length
  state.properties = [...properties]
  return rows
}

function rowOf({ createdAt, email, userId, properties: values }: Contact, found: Set<string>, state: ExportState): Row {
  const cells: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) {
    const cell = isFormula(name) ? undefined : cellOf(value)
    if (cell === undefined) {
      state.formulas += 1
      continue
    }
    cells[name] = cell
    found.add(name)
  }
  return { createdAt, email, ...(userId !== undefined && { userId }), cells }
}
