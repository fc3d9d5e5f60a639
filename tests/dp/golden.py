# golden.py -- makes tests/golden/calc.json: the calculator's formulas in 50 digits.
#
# Written from the papers and from definitions, by sums, quadrature and root finding of
# mpmath, never from the C code. Run from the project's root; the file is checked in.
import json
from mpmath import mp, mpf, mpmathify as m, exp, log, sqrt, tanh, quad, inf, findroot, erfc

mp.dps = 50
rows = []


def row(fn, expect, **args):
    rows.append({"id": f"{fn}_{len(rows)}", "fn": fn, "args": args,
                 "expect": float(expect), "tol": 2e-14, "tol_kind": "rel"})


def above(x):
    return erfc(x / sqrt(mpf(2))) / 2


def gaussian_delta(sigma, eps, l2):
    return above(eps * sigma / l2 - l2 / (2 * sigma)) - exp(eps) * above(eps * sigma / l2 + l2 / (2 * sigma))


for sigma, eps, l2 in (("1", "1", "1"), ("3.5", "0.2", "2"), ("100", "0.01", "1"), ("0.4", "12", "1")):
    row("gaussian_delta", gaussian_delta(m(sigma), m(eps), m(l2)), sigma=sigma, eps=eps, l2=l2)


def best(f, lo, hi):
    lo, hi = m(lo), m(hi)
    for _ in range(400):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        lo, hi = (lo, b) if f(a) < f(b) else (a, hi)
    return f(lo)


def zcdp_eps(rho, delta):
    def at(u):
        a = 1 + exp(u)
        return a * rho + log(1 - 1 / a) - log(delta * a) / (a - 1)
    return best(at, -20, 25)


def zcdp_delta(rho, eps):
    def at(u):
        a = 1 + exp(u)
        return (a - 1) * (a * rho - eps) + a * log(1 - 1 / a) - log(a - 1)
    return exp(best(at, -20, 25))


for rho, delta in (("0.5", "1e-6"), ("0.000001", "1e-9"), ("40", "1e-3"), ("0.022937", "5e-7")):
    row("zcdp_eps", zcdp_eps(m(rho), m(delta)), rho=rho, delta=delta)
for rho, eps in (("0.5", "3"), ("0.01", "0.5"), ("2", "20")):
    row("zcdp_delta", zcdp_delta(m(rho), m(eps)), rho=rho, eps=eps)

for eps in ("0.001", "0.5", "2", "30"):
    e = m(eps)
    row("pure_to_rho_basic", e * e / 2, eps=eps)
    row("pure_to_rho_tight", e * tanh(e / 2), eps=eps)


def kl(p, q, reach):
    return sum(p(z) * log(p(z) / q(z)) for z in range(-reach, reach + 1))


# The divergence itself, summed over the integers.
for t, shift in (("1", 1), ("2.5", 3), ("10", 7), ("0.5", 2)):
    s = m(t)
    mass = (1 - exp(-1 / s)) / (1 + exp(-1 / s))
    row("discrete_laplace_rho",
        kl(lambda z: mass * exp(-abs(z) / s), lambda z: mass * exp(-abs(z - shift) / s), 1300),
        scale=t, sensitivity=shift)

for eps in ("0.5", "3"):
    e = m(eps)
    row("laplace_rho", quad(lambda x: e / 2 * exp(-e * abs(x)) * e * (abs(x - 1) - abs(x)), [-inf, 0, 1, inf]), eps=eps)
    for alpha in ("1.5", "8"):
        a = m(alpha)
        total = quad(lambda x: e / 2 * exp(-a * e * abs(x) - (1 - a) * e * abs(x - 1)), [-inf, 0, 1, inf])
        row("laplace_rdp", log(total) / (a - 1), eps=eps, alpha=alpha)
        p = 1 / (1 + exp(-e))
        row("pure_dp_rdp", log(p ** a * (1 - p) ** (1 - a) + (1 - p) ** a * p ** (1 - a)) / (a - 1), eps=eps, alpha=alpha)

for sigma2 in ("0.05", "1", "7.3", "1234"):
    v = m(sigma2)
    ks = range(-2000, 2001)
    mass = sum(exp(-k * k / (2 * v)) for k in ks)
    row("dgauss_normalizer", mass, sigma2=sigma2)
    row("dgauss_variance", sum(k * k * exp(-k * k / (2 * v)) for k in ks) / mass, sigma2=sigma2)
    row("dgauss_pmf", exp(-9 / (2 * v)) / mass, sigma2=sigma2, k=3)
    # Exact delta by its definition: sum of max(0, p - e^eps q).
    eps, sens = m("0.7"), 2
    p = lambda z: exp(-z * z / (2 * v)) / mass
    row("dgauss_delta", sum(max(mpf(0), p(z) - exp(eps) * p(z - sens)) for z in ks), sigma2=sigma2, eps="0.7", sens=sens)

for scale in ("0.3", "1", "50"):
    s = m(scale)
    q = exp(-1 / s)
    row("dlap_variance", sum(z * z * (1 - q) / (1 + q) * q ** abs(z) for z in range(-9000, 9001)), scale=scale)
    row("dlap_pmf", (1 - q) / (1 + q) * q ** 4, scale=scale, k=-4)
    tail = sum((1 - q) / (1 + q) * q ** z for z in range(12, 9001))
    row("discrete_laplace_threshold_delta_keep_ge", tail, scale=scale, threshold=14, linf=2, l0=1)
    row("discrete_laplace_threshold_delta_keep_gt", 1 - (1 - tail * q) ** 3, scale=scale, threshold=14, linf=2, l0=3)


def keep(n, eps, delta):
    p = mpf(0)
    for _ in range(n):
        p = min(exp(eps) * p + delta, 1 - exp(-eps) * (1 - p - delta), mpf(1))
    return p


for n, eps, delta, l0 in ((3, "0.5", "1e-5", 1), (30, "0.5", "1e-5", 1), (40, "2", "1e-9", 4), (7, "5", "0.01", 2)):
    row("keep_probability", keep(n, m(eps) / l0, 1 - (1 - m(delta)) ** (mpf(1) / l0)), n=n, eps=eps, delta=delta, l0=l0)


def flip(scores, scale, index):
    # All orders, by recursion over who is asked next.
    p = [exp((m(s) - max(scores)) / m(scale)) for s in scores]

    def chance(left):
        total = mpf(0)
        for i in left:
            rest = [j for j in left if j != i]
            total += (p[i] if i == index else (1 - p[i]) * chance(rest)) / len(left)
        return total
    return chance(list(range(len(scores))))


for scores, scale, index in (([5, 1, 2], "1.5", 1), ([0, 0, -3, -8, 1], "4", 3), ([7], "1", 0)):
    row("permute_and_flip_pmf", flip(scores, scale, index), scores=scores, scale=scale, index=index)
    weights = [exp(m(s) / m(scale)) for s in scores]
    row("exponential_mechanism_pmf", weights[index] / sum(weights), scores=scores, scale=scale, index=index)

with open("tests/golden/calc.json", "w") as f:
    head = "made by tests/dp/golden.py in 50-digit arithmetic"
    body = ",\n  ".join(json.dumps(r) for r in rows)
    f.write(f'{{\n "note": "{head}",\n "vectors": [\n  {body}\n ]\n}}\n')
print(len(rows), "rows")
