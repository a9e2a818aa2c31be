/**
 * What an export has done so far: the state file, and the file of rows. The state is the source of truth: what
 * comes after `rowBytes` belongs to a page that was not finished, and does not count.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { withoutKey } from '../../destination/from-settings/read'
import { messageOf, UsageError } from '../lib/usage-error'
import { ownProperty } from '../../src/json'
import type { LeftOut } from './contact'
import type { ExportOptions } from './options'
import { FIRST_PAGE } from './persons'

export interface ExportState {
  readonly form: 1
  /** A hash of what decides on the rows: server, project, settings, options. */
  readonly task: string
  /** The query of the page to read next; `null` after the last one. */
  next: string | null
  /** The length of the finished rows. */
  rowBytes: number
  rows: number
  persons: number
  leftOut: Partial<Record<LeftOut, number>>
  /** How many values were left out because a spreadsheet would run them as a formula. */
  formulas: number
  /** The contact properties that were found. */
  properties: string[]
}

export interface ExportFiles {
  readonly csv: string
  readonly rows: string
  readonly state: string
}

export function filesOf({ out }: ExportOptions): ExportFiles {
  return { csv: out, rows: `${out}.rows`, state: `${out}.state` }
}

/**
 * The state of the export that these options began, or a new one.
 *
 * @throws UsageError if the CSV exists already, or the files next to it are those of an export with other options, or damaged.
 */
export function beginOrResume(options: ExportOptions): ExportState {
  const files = filesOf(options)
  const task = taskOf(options)
  if (!existsSync(files.state)) {
    if (existsSync(files.csv)) throw new UsageError(`${files.csv} exists already: name another file with --out.`)
    return newState(task)
  }
  const state = savedState(files.state)
  const remedy = `delete ${files.state} to start again`
  if (ownProperty(state, 'form') !== 1) throw new UsageError(`${files.state} is not the state of an export: ${remedy}.`)
  if (state.task !== task) {
    throw new UsageError(`${files.state} belongs to an export with other options or settings: use those, or ${remedy}.`)
  }
  const bytes = existsSync(files.rows) ? statSync(files.rows).size : 0
  if (bytes < state.rowBytes) throw new UsageError(`${files.rows} is incomplete: ${remedy}.`)
  return state
}

/** Replaces the state file as a whole, so that a killed export leaves the one before or this one. */
export function saveState({ state: path }: ExportFiles, state: ExportState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Removes the files next to a finished CSV. */
export function removeState({ rows, state }: ExportFiles): void {
  rmSync(state)
  rmSync(rows, { force: true })
}

function newState(task: string): ExportState {
  return { form: 1, task, next: FIRST_PAGE, rowBytes: 0, rows: 0, persons: 0, leftOut: {}, formulas: 0, properties: [] }
}

function savedState(path: string): ExportState {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ExportState
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`)
  }
}

/** The key is not part of it: a new key continues the same export. */
function taskOf({ posthog, project, config, since, userIdProperty }: ExportOptions): string {
  const { settings, form } = withoutKey(config)
  const texts = Object.entries(settings ?? {}).sort()
  const task = [posthog, project, form ?? texts, since, userIdProperty]
  return createHash('sha256').update(JSON.stringify(task)).digest('hex')
}
