import { spawnSync } from 'node:child_process'
import { appDirectory } from '../lib/app-files'
import { UsageError } from '../lib/usage-error'
import type { DeployOptions } from './options'

/**
 * The address from which PostHog reads the app: that of the options, or the "origin" of this checkout.
 *
 * @throws UsageError if neither is the address of a repository on GitHub or GitLab.
 */
export function repositoryOf({ repository = originOfCheckout() }: DeployOptions): string {
  const [, host, path] =
    /^(?:https:\/\/|git@|ssh:\/\/git@)(github\.com|gitlab\.com)[/:]([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(repository) ?? []
  if (host === undefined || path === undefined) {
    const found = repository === '' ? 'this checkout has no "origin"' : `"${repository}" is no such repository`
    throw new UsageError(
      `PostHog reads the app from a repository on GitHub or GitLab, but ${found}: write --repository https://github.com/OWNER/NAME.`,
    )
  }
  return `https://${host}/${path}`
}

/** Empty without one, and without git. */
function originOfCheckout(): string {
  const command = ['config', '--get', 'remote.origin.url']
  const { stdout } = spawnSync('git', command, { cwd: appDirectory, encoding: 'utf8' })
  return (stdout as string | null)?.trim() ?? ''
}
