import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { appDirectory } from '../sandbox/app/app-files'
import type { AppConfig } from '../sandbox/app/config-file'
import type { Json } from './posthog-client'

/** The destination as PostHog's REST API takes it, without the key: with the settings, or as it is built. */
export function destinationBody(settings: AppConfig | undefined): Json {
  const built = JSON.parse(readFileSync(join(appDirectory, 'dist/destination.json'), 'utf8')) as Json
  if (settings === undefined) return built
  throw new Error('destinationFromSettings')
}
