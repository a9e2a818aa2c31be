/** The app's Logs tab in PostHog. */
declare const console: Record<'log' | 'info' | 'warn' | 'error', (...values: unknown[]) => void>
