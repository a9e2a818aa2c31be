/** `npm run build` writes `dist/`; `npm run build -- --check` only compares and tells what to do. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BUNDLE_PATH, bundleApp } from './bundle'

async function main(isCheck: boolean): Promise<void> {
  const built = await bundleApp()
  if (!isCheck) {
    await mkdir(dirname(BUNDLE_PATH), { recursive: true })
    await writeFile(BUNDLE_PATH, built)
    return
  }
  const committed = await readFile(BUNDLE_PATH, 'utf8').catch(() => '')
  if (committed === built) return
  process.stderr.write('dist/index.js is not what index.ts and src/ give: run `npm run build` and commit dist/.\n')
  process.exitCode = 1
}

void main(process.argv.includes('--check'))
