import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from './app-files'

/**
 * Gives what `compile` returns, which must be JSON. It is kept on disk, so that other processes, and each file of tests, need
 * not wait for it: in the folder that the environment variable `COMPILED` names, or in `node_modules/.cache/compiled`. If the
 * variable is empty, nothing is kept.
 *
 * @param key all that the result depends on.
 * @throws what `compile` throws, each time.
 */
export function compiledOnce<Result>(key: readonly unknown[], compile: () => Result): Result {
  const folder = process.env['COMPILED'] ?? join(appDirectory, 'node_modules/.cache/compiled')
  if (folder === '') return compile()
  const path = join(folder, `${createHash('sha256').update(JSON.stringify(key)).digest('hex')}.json`)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Result
  } catch {
    const result = compile()
    mkdirSync(folder, { recursive: true })
    // A file that is renamed into place is never read half-written.
    const unfinished = `${path}.${process.pid}`
    writeFileSync(unfinished, JSON.stringify(result))
    renameSync(unfinished, path)
    return result
  }
}
