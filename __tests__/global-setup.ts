/**
 * Jest calls it before the tests: compiles, in a process for each, what the files of tests would else compile at the same time
 * in each worker. What was compiled before is on disk.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../tools/lib/app-files'
import { loadHogParser } from '../tools/simulators/hog/syntax-tree'
import { compileApp } from '../tools/simulators/posthog/compile'
import { readMain } from '../tools/simulators/posthog/plugin-server'
import { serverVersions } from '../tools/simulators/posthog/versions'

const tasks: Readonly<Record<string, () => unknown>> = {
  app: () => serverVersions.map((server) => compileApp(readMain(appDirectory), server)),
  destination: async () =>
    (await loadHogParser()).program(readFileSync(join(appDirectory, 'destination/loops.hog'), 'utf8')),
}

export default async function compileAll(): Promise<void> {
  // A task that fails leaves the failure to the tests.
  const run = (task: string) => spawn(process.execPath, ['--import', 'tsx', __filename, task], { stdio: 'ignore' })
  await Promise.all(Object.keys(tasks).map((task) => once(run(task), 'exit')))
}

if (require.main === module) void tasks[process.argv[2] ?? '']?.()
