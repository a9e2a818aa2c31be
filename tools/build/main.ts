/** `npm run build` writes `dist/`; `npm run build -- --check` only compares and tells what to do. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BUNDLE_PATH, bundleApp } from './bundle'
import { buildDestination, DESTINATION_PATH } from './destination'

interface BuiltFile {
  readonly path: string
  readonly build: () => Promise<string>
  /** What to say of a committed file that differs. */
  readonly difference: string
}

const FILES: readonly BuiltFile[] = [
  { path: BUNDLE_PATH, build: bundleApp, difference: 'dist/index.js differs from index.ts and src/' },
  {
    path: DESTINATION_PATH,
    build: buildDestination,
    difference: 'dist/destination.json differs from destination/',
  },
]

async function write({ path, build }: BuiltFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await build())
}

async function check({ path, build, difference }: BuiltFile): Promise<void> {
  const [built, committed] = [await build(), await readFile(path, 'utf8').catch(() => '')]
  if (committed === built) return
  process.stderr.write(`${difference}: run \`npm run build\` and commit dist/.\n`)
  process.exitCode = 1
}

async function main(isCheck: boolean): Promise<void> {
  for (const file of FILES) await (isCheck ? check(file) : write(file))
}

void main(process.argv.includes('--check'))
