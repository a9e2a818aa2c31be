/** The rules of imports, checked by npm run check. Each rule's comment says what to do instead. */

/** The app's modules, top to bottom, with the modules that each may import besides the basics. */
const modules = {
  'src/delivery/': ['src/translate/', 'src/settings/', 'src/loops/', 'src/posthog/'],
  'src/setup/': ['src/settings/', 'src/loops/', 'src/posthog/'],
  'src/translate/': ['src/settings/', 'src/loops/', 'src/posthog/'],
  'src/settings/': ['src/loops/', 'src/posthog/', 'src/re2/'],
  'src/loops/': ['src/posthog/'],
  'src/posthog/': [],
  'src/re2/': [],
}

const moduleRules = Object.entries(modules).map(([name, below]) => ({
  name: 'module ' + name,
  comment: 'A module imports only the modules below it and the basics: move the shared code into a module below both.',
  severity: 'error',
  from: { path: '^' + name },
  to: { path: '^(src/[^/]+/|index\\.ts$)', pathNot: [name, ...below].map((one) => '^' + one) },
}))

const appRules = [
  ...moduleRules,
  {
    name: 'basics import no modules',
    comment: 'A basic file is imported by every module: move the code into a module.',
    severity: 'error',
    from: { path: '^src/[^/]+\\.ts$' },
    to: { path: ['^src/[^/]+/', '^index\\.ts$'] },
  },
  {
    name: 'translate takes only types of settings',
    comment: 'Translation gets the settings as a parameter: use import type.',
    severity: 'error',
    from: { path: '^src/translate/' },
    to: { path: '^src/settings/settings\\.ts$', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'the app stands alone',
    comment: 'PostHog runs only index.ts and src/.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { path: '^(destination|tools|__tests__)/' },
  },
  {
    name: 'the app has no Node.js',
    comment: 'The servers differ in what they provide of Node.js: use plain JavaScript.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'the app imports only what PostHog provides',
    comment: 'Use @posthog/plugin-scaffold and node-fetch only, as tools/build/bundle.ts says.',
    severity: 'error',
    from: { path: ['^index\\.ts$', '^src/'] },
    to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/(@posthog/plugin-scaffold|(@types/)?node-fetch)/' },
  },
]

const toolRules = [
  {
    name: 'the destination stands on the app',
    comment: 'The settings of the app become those of the destination with the code of src/ alone.',
    severity: 'error',
    from: { path: '^destination/' },
    to: { path: '^(tools|__tests__)/' },
  },
  {
    name: 'only tests know tests',
    severity: 'error',
    from: { path: '^tools/' },
    to: { path: '^__tests__/' },
  },
  {
    name: 'the library knows no tool',
    comment: 'Each tool and each simulator imports the library.',
    severity: 'error',
    from: { path: '^tools/lib/' },
    to: { path: '^(index\\.ts$|src/|destination/|tools/(?!lib/))' },
  },
  {
    name: 'shapes and types import nothing',
    comment: 'The page imports them.',
    severity: 'error',
    from: { path: '^(tools/lib/shapes|destination/from-settings/types)\\.ts$' },
    to: { path: '.' },
  },
  {
    name: 'the page has no Node.js',
    comment:
      'The page runs in a browser. It may reach its own files, the contract, the shapes, the types of the destination and marked.',
    severity: 'error',
    from: { path: '^tools/playground/page/' },
    to: {
      path: '.',
      pathNot:
        '^tools/playground/(page/|contract\\.ts$)|^(tools/lib/shapes|destination/from-settings/types)\\.ts$|(^|/)node_modules/marked/',
      reachable: true,
    },
  },
  {
    name: 'the simulators know the app by plugin.json',
    comment:
      'A simulator is written from the documentation of PostHog and Loops, so that it can show a fault of the app.',
    severity: 'error',
    from: { path: '^tools/simulators/' },
    to: { path: '^(index\\.ts$|src/|destination/)' },
  },
  {
    name: 'the app is run as PostHog runs it',
    comment: 'What tries the app out loads it into a simulator of PostHog, by plugin.json.',
    severity: 'error',
    from: { path: '^tools/(start|playground|lab)/' },
    to: { path: '^(index\\.ts$|src/)' },
  },
  {
    name: 'the simulators know no tool',
    comment: 'The tools and the tests use the simulators, not the other way round.',
    severity: 'error',
    from: { path: '^tools/simulators/' },
    to: { path: '^tools/(?!(simulators|lib)/)' },
  },
  {
    name: 'the simulators know only the library',
    comment: 'The simulators of PostHog, of Loops and of Hog do not know each other. What runs the app in them does.',
    severity: 'error',
    from: { path: '^tools/simulators/(posthog|loops|hog)/' },
    to: { path: '^tools/simulators/', pathNot: '^tools/simulators/($1|hog)/' },
  },
  {
    name: 'only the REST API runs Hog',
    comment: 'The servers that run apps have no Hog.',
    severity: 'error',
    from: { path: '^tools/simulators/(posthog/(?!rest-api/)|loops/)' },
    to: { path: '^tools/simulators/hog/' },
  },
  {
    name: "the export runs the app on persons, without simulators but with PostHog's parser",
    comment: 'The export is no simulator: it asks the real PostHog, and takes the settings and rules of src/.',
    severity: 'error',
    from: { path: '^tools/(export|posthog-api)/' },
    to: {
      path: '^(index\\.ts$|src/|destination/|tools/|__tests__/)',
      pathNot:
        '^src/((settings|translate|loops|posthog)/|[a-z-]+\\.ts$)|^destination/from-settings/|^tools/(export|posthog-api|lib)/|^tools/simulators/hog/syntax-tree\\.ts$',
    },
  },
  {
    name: "deploy takes its checks from the app and PostHog's parser, and runs no simulator",
    severity: 'error',
    from: { path: '^tools/deploy/' },
    to: {
      path: '^(index\\.ts$|src/|tools/|__tests__/)',
      pathNot:
        '^src/(setup/account-check|loops/client)\\.ts$|^tools/(deploy|posthog-api|lib)/|^tools/simulators/hog/syntax-tree\\.ts$',
    },
  },
  {
    name: 'a tool imports no other tool',
    severity: 'error',
    from: { path: '^tools/(build|deploy|export|start|playground)/' },
    to: { path: '^tools/(build|deploy|export|start|playground|lab)/', pathNot: '^tools/$1/' },
  },
  {
    name: 'an experiment imports no tool and no other experiment',
    severity: 'error',
    from: { path: '^tools/lab/(faults|bench|record|simulators)/' },
    to: { path: '^tools/(?!lib/|simulators/)', pathNot: '^tools/lab/$1/' },
  },
  {
    name: 'the integration run takes traffic and measures from the campaigns',
    severity: 'error',
    from: { path: '^tools/lab/integration/' },
    to: {
      path: '^tools/(?!lib/|simulators/|lab/integration/)',
      pathNot: '^tools/lab/faults/(traffic|measures|receipts|random|loops|fault-mixes)\\.ts$',
    },
  },
]

export default {
  forbidden: [
    {
      name: 'no circles',
      comment: 'Move what both files need into a third one. Imports of types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every import resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...appRules,
    ...toolRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count, although TypeScript erases them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Packages like csv-parse name their parts, such as csv-parse/sync, in "exports".
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
