import { settingsFor } from '../setup'

describe('the PostHog address', () => {
  it.each(['https://posthog.example.com', 'https://posthog.example.com/', 'http://10.0.0.1:8000/posthog//'])(
    'may be %s',
    (url) => {
      expect(settingsFor({ posthogUrl: url }).posthogUrl).toBe(url.replace(/\/+$/, ''))
    },
  )
  it.each([
    'posthog.example.com',
    'ftp://x',
    'https://user:secret@posthog.example.com',
    'https://x/?a=b',
    'https://a b',
  ])('may not be %s', (url) => {
    expect(() => settingsFor({ posthogUrl: url })).toThrow('PostHog address: ')
  })
})
