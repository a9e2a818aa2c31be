import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { progressBar, progressLines } from '../../../tools/start/progress'

describe('the progress of npm start', () => {
  it('is a line for every thousand events, with the time that the rest of the file takes', () => {
    const told: string[] = []
    let time = 5000
    const output = { say: () => undefined, tell: (text: string) => void told.push(text) }
    const progress = progressLines(4_000_000, output, () => time)
    for (const [events, bytes, at] of [
      [1, 0, 5000],
      [999, 900_000, 6000],
      [1000, 1_000_000, 15_000],
      [2000, 3_000_000, 35_000],
      [3000, 4_000_000, 45_000],
    ] as const) {
      time = at
      progress.update(events, bytes)
    }
    expect(told).toEqual([
      '1,000 events replayed, about 30 s left\n',
      '2,000 events replayed, about 10 s left\n',
      '3,000 events replayed, about 0 s left\n',
    ])
  })

  it('is a bar on a terminal', () => {
    const shown: string[] = []
    const stream = Object.assign(new PassThrough(), {
      ...{ isTTY: true, columns: 100, cursorTo: () => true, moveCursor: () => true, clearLine: () => true },
    })
    stream.on('data', (chunk: Buffer) => shown.push(chunk.toString()))
    const progress = progressBar(4_000_000, stream as unknown as NodeJS.WriteStream)
    progress.update(1000, 1_000_000)
    progress.stop()
    expect(stripVTControlCharacters(shown.join(''))).toMatch(/\[=+-+\] 25 %, 1,000 events, \S+ left/)
  })
})
