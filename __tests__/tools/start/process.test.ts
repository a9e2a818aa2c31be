import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { config, event, file } from './setup'

jest.setTimeout(120_000)

const program = join(__dirname, '../../../tools/start/run.ts')

/** Runs `npm start` in a process of its own, and sends it a signal once its output holds `until`. */
async function interrupted(args: string[], until: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    // CI's variables would colour the output.
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, told, isSent] = ['', '', false]
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (isSent || !said.includes(until)) return
    isSent = true
    child.kill('SIGINT')
  })
  const exitCode = await new Promise((resolve) => child.on('close', resolve))
  return { exitCode, said, told }
}

describe('npm start', () => {
  it('shows what Loops has so far when Ctrl-C ends it', async () => {
    const lines = Array.from({ length: 50_000 }, (_, place) => JSON.stringify({ ...event, uuid: `uuid-${place}` }))
    const files = ['--events', file('long.jsonl', lines.join('\n')), '--config', file('c.json', config)]
    const { exitCode, said } = await interrupted(files, 'Idempotency-Key: uuid-30')
    expect(exitCode).toBe(130)
    const [, events, sent, shown] =
      /Interrupted after (\d+) events\.\n\nLoops now has 1 contact\n.*\nand ([\d,]+) events\n[^]*\n([\d,]+) events in [\d.]+ s, at most \d+ MB\n\nNext\n/.exec(
        said,
      ) ?? []
    expect(Number(events)).toBeGreaterThan(30)
    expect(Number(events)).toBeLessThan(50_000)
    expect([sent, shown].map((count) => count?.replace(',', ''))).toEqual([events, events])
  })
})
