/** The mark in the description by which `npm run deploy` finds the destination again, however it was installed. */
export const MARK = '[posthog-loops-app]'
