// samples.ts -- programs to begin with, for a dataset by name.
const open = (name: string) => `local v = site.open "${name}"\n`;

export const samples = {
  count: (name: string) => `${open(name)}
local n = v:count{ epsilon = 0.1 }:release()

return { n = n }
`,
  mean: (name: string) => `${open(name)}
-- A mean needs bounds: values outside are moved to the nearest one.
local stay = v:clip("column", 0, 30):mean("column", { epsilon = 0.2 }):release()

return { mean = stay }
`,
  groups: (name: string) => `${open(name)}
-- Every declared category answers, also those with nobody in them.
local groups = v:group_by("column"):count{ epsilon = 0.2 }:release()

return { groups = groups }
`,
  histogram: (name: string) => `${open(name)}
local h = v:histogram("column", { bins = {0, 10, 20, 30}, epsilon = 0.2 }):release()

return { histogram = h }
`,
  accuracy: (name: string) => `${open(name)}
-- Ask by accuracy: the price follows. explain() is free.
local plan = v:count{ error = 20 }
print(plan:explain().epsilon)

return { n = plan:release() }
`,
};
