/** PostHog's test of a hog function: it runs in the VM on one event, and its requests are shown instead of sent. */
import { HogRun } from '../../hog/hog-run'
import type { HogFunction, LogEntry } from '../../hog/hog-run'
import type { Globals } from '../../hog/globals'
import type { InstalledDestination } from '../../hog/installed-destination'

interface TestResult {
  readonly status: 'success' | 'error' | 'skipped'
  readonly errors: readonly string[]
  readonly logs: readonly (LogEntry & { readonly timestamp: string })[]
  readonly result: null
}

/** @returns the answer of `invocations`: the requests are in its log, with their headers and so with the key. */
export function testInvocation(installed: InstalledDestination, globals: Globals): TestResult {
  const logs: LogEntry[] = []
  const errors: string[] = []
  const wanted = installed.matching(globals)
  const isPart = wanted.length < installed.mappings.length
  if (isPart) {
    logs.push({ level: 'info', message: 'Mapping trigger not matching filters was ignored.' })
  }
  for (const { hogFunction } of wanted) {
    const { logs: printed, error } = runMocked(hogFunction, globals, logs)
    logs.push(...printed)
    if (error !== undefined) errors.push(String(error))
  }
  const status = errors.length > 0 ? 'error' : wanted.length === 0 ? 'skipped' : 'success'
  const timestamp = new Date().toISOString()
  return { status, errors, logs: logs.map((entry) => ({ ...entry, timestamp })), result: null }
}

function runMocked(hogFunction: HogFunction, globals: Globals, logs: LogEntry[]) {
  const run = new HogRun(hogFunction, globals)
  let step = run.start()
  while (step.kind === 'waits') {
    const [url, options] = step.args
    logs.push(
      { level: 'info', message: "Async function 'fetch' was mocked with arguments:" },
      { level: 'info', message: `fetch('${String(url)}', ${JSON.stringify(options, null, 2)})` },
    )
    step = run.resume({ status: 200, body: {} })
  }
  return { logs: run.logs, error: step.kind === 'failed' ? step.error : undefined }
}
