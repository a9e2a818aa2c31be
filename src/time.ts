// Durations in milliseconds, and in seconds where the name says so: PostHog's cache counts seconds.

export const SECOND = 1000

export const MINUTE = 60 * SECOND

export const HOUR = 60 * MINUTE

export const DAY_IN_SECONDS = 86_400
