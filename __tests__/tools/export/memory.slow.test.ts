import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { parse } from 'csv-parse'
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { key, newFolder, startPostHog } from './setup'
import type { PostHog } from './setup'
import type { StoredPerson, StoredPersons } from '../../../tools/simulators/posthog/rest-api/persons'

jest.setTimeout(300_000)

const PERSONS = 100_000
const FEW = 10_000
/** How many megabytes more they may need than few: the tables of addresses and user IDs have up to 120 bytes a person. */
const MORE_MEMORY = 60
/** The rows of all persons, as objects, would not fit. */
const HEAP = 64

/** Persons that are made when they are asked for; every hundredth has the address of another. */
function manyPersons(length: number): StoredPersons {
  const made = (place: number): StoredPerson => ({
    uuid: `018e0000-0000-7000-8000-${String(place).padStart(12, '0')}`,
    distinct_ids: ['018f2ad5-1111-7000-8000-0000000000a1', `user_${place}`],
    created_at: new Date(Date.UTC(2024, 0, 1) - place * 1000).toISOString(),
    properties: {
      email: `person${place % 100 === 99 ? place - 1 : place}@example.com`,
      first: `Ada ${place}`,
      note: 'as long as people write '.repeat(place % 20),
      [`only${place % 60}`]: place,
      $browser: 'Chrome',
    },
  })
  return {
    length,
    slice: (start, end) => Array.from({ length: Math.min(end, length) - start }, (_, place) => made(start + place)),
  }
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: unknown; output: string; megabytes: number }>
}

/** Starts the command as a process of its own, as `npm run export-contacts` does. */
function start({ url }: PostHog, folder: string): Running {
  const settings = join(folder, 'settings.json')
  writeFileSync(settings, JSON.stringify({ includeAllPersonProperties: 'Yes' }))
  const args = ['--posthog', url, '--out', join(folder, 'contacts.csv'), '--config', settings]
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP}`, '--require', 'tsx/cjs', 'tools/export/run.ts', ...args],
    {
      env: { ...process.env, POSTHOG_API_KEY: key },
    },
  )
  let megabytes = 0
  const measuring = setInterval(() => {
    megabytes = Math.max(megabytes, peakOf(child))
  }, 50)
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], said, told]: [unknown[], string, string]) => {
      clearInterval(measuring)
      expect(said + told).not.toContain(key)
      return { code, output: (said + told).replaceAll(folder, 'FOLDER'), megabytes }
    },
  )
  return { child, ended }
}

/** The most memory that the process has had so far. */
function peakOf({ pid }: ChildProcess): number {
  const path = `/proc/${pid ?? 0}/status`
  const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(existsSync(path) ? readFileSync(path, 'utf8') : '') ?? []
  return Number(kilobytes) / 1024
}

async function recordsIn(path: string): Promise<number> {
  let records = 0
  for await (const record of createReadStream(path).pipe(parse({ columns: true }))) records += record === null ? 0 : 1
  return records
}

function hashOf(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'contacts.csv')))
    .digest('hex')
}

async function undisturbed(persons: number) {
  const folder = newFolder()
  const posthog = await startPostHog(manyPersons(persons))
  const { code, output, megabytes } = await start(posthog, folder).ended
  expect(code).toBe(0)
  return { folder, output, megabytes }
}

describe('an export of 100,000 persons', () => {
  it('needs no more memory than a small one, and gives the same file after SIGKILL and SIGINT', async () => {
    const small = await undisturbed(FEW)
    const whole = await undisturbed(PERSONS)
    process.stdout.write(
      `Peak memory: ${small.megabytes.toFixed(0)} MB with ${FEW} persons, ${whole.megabytes.toFixed(0)} MB with ${PERSONS}\n`,
    )
    expect(whole.megabytes).toBeGreaterThan(20)
    expect(whole.megabytes).toBeLessThan(small.megabytes + MORE_MEMORY)
    expect(whole.output).toContain('FOLDER/contacts.csv: 99,000 of 100,000 persons.\n')
    expect(await recordsIn(join(whole.folder, 'contacts.csv'))).toBe(99_000)

    const folder = newFolder()
    const signals: Record<number, NodeJS.Signals> = { 31: 'SIGKILL', 72: 'SIGINT' }
    let running: Running | undefined
    // An answer could come before the signal.
    const fault = (request: number): 'drop' | undefined => {
      const signal = signals[request]
      if (signal === undefined) return undefined
      running?.child.kill(signal)
      return 'drop'
    }
    const posthog = await startPostHog(manyPersons(PERSONS), { fault })
    running = start(posthog, folder)
    expect(await running.ended).toMatchObject({ code: null, output: '' })
    running = start(posthog, folder)
    expect(await running.ended).toMatchObject({
      code: 130,
      output:
        'Continues after 30,000 persons.\nStopped. The persons read so far are kept: run the same command again to continue.\n',
    })
    expect(existsSync(join(folder, 'contacts.csv'))).toBe(false)
    running = start(posthog, folder)
    const resumed = await running.ended
    expect(resumed.code).toBe(0)
    expect(resumed.output).toBe(`${whole.output}Continues after 70,000 persons.\n`)
    expect(hashOf(folder)).toBe(hashOf(whole.folder))
  })
})
