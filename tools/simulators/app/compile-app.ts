/**
 * Compiles the app for the server named on the command line and keeps the result on disk. Babel takes a hundred megabytes, which
 * a process of its own gives back.
 */
import { spawnSync } from 'node:child_process'
import { compileApp } from '../posthog/compile'
import { readMain } from '../posthog/plugin-server'
import { serverVersion } from '../posthog/versions'
import type { ServerVersion } from '../posthog/versions'
import { appDirectory } from '../../lib/app-files'

/**
 * Compiles the app in another process, unless that was done before. If it fails, the app is compiled where it is loaded,
 * which tells why.
 */
export function compileInAnotherProcess(server: ServerVersion): void {
  // The arguments make Node.js read TypeScript.
  spawnSync(process.execPath, [...process.execArgv, __filename, server.name], { stdio: 'ignore' })
}

if (require.main === module) compileApp(readMain(appDirectory), serverVersion(process.argv[2] ?? ''))
