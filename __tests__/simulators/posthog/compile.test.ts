import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompiledApp } from '../../../tools/simulators/posthog/compile'
import { serverVersion } from '../../../tools/simulators/posthog/versions'

const source = `
  import fetch from 'node-fetch'
  export const onEvent = async (event?: { name: string }) => fetch(event?.name ?? '')`
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  process.env['COMPILED'] = folder
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Compiles as a process does that has compiled nothing yet. */
async function compileAnew(text: string, version = '2024-02'): Promise<CompiledApp> {
  jest.resetModules()
  const { compileApp } = await import('../../../tools/simulators/posthog/compile')
  return compileApp(text, serverVersion(version))
}

describe('the folder of compiled apps', () => {
  it('gives the next process what Babel gave', async () => {
    const first = await compileAnew(source)
    const second = await compileAnew(source)
    process.env['COMPILED'] = ''
    expect(second).toEqual(first)
    expect(await compileAnew(source)).toEqual(first)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('has another result for another source or server', async () => {
    const results = [await compileAnew(source, '1.30'), await compileAnew(source), await compileAnew(`${source}\n;1`)]
    expect(new Set(results.map(({ code }) => code)).size).toBe(3)
    expect(readdirSync(folder)).toHaveLength(3)
  })

  it('keeps no app that does not compile', async () => {
    const broken = `import fs from 'fs'\nfs.readFileSync('')`
    await expect(compileAnew(broken)).rejects.toThrow("Cannot import 'fs'!")
    await expect(compileAnew(broken)).rejects.toThrow("Cannot import 'fs'!")
    expect(readdirSync(folder)).toEqual([])
  })
})
