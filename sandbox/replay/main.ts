/** `npm start`: shows what the app makes of PostHog events. `npm start -- --help` lists the options. */
import { run } from './run'

// A reader such as `head` may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

void run(process.argv.slice(2), process.env, {
  say: (text) => process.stdout.write(text),
  tell: (text) => process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode
})
