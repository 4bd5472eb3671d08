"""How often customers will buy again, whether they still do, and what they will spend: BG/NBD and Gamma-Gamma.

BG/NBD (P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24, 2005): while alive, a customer buys at random with a rate that is
Gamma(r, alpha) over customers; after each purchase but the first they leave for good with a probability that is
Beta(a, b). Of a customer it needs `frequency` x, the days with a purchase after the first one; `recency` t_x, the time
from the first purchase to the last, 0 if there is one only; and `age` T, the time from the first purchase to now. The
unit of time is the week; alpha has it, too.

Gamma-Gamma (P. S. Fader, B. G. S. Hardie, The Gamma-Gamma Model of Monetary Value, 2013): what a customer spends on a
day is Gamma(p, nu), and nu is Gamma(q, gamma) over customers, whatever their frequency. It needs the number of days
and their mean spend, which must be above 0. The first purchase is not among them, as it is not in the frequency;
gamma has the unit of money.

Arguments are numpy arrays of one length, one element a customer, or what broadcasts to that; results have that shape.
Equal customers may be given once, with their number as `weights`. Nothing is drawn by chance: equal input gives equal
parameters. What cannot be a customer (something missing, negative or infinite, recency above age) is a ValueError.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365
# Spend further ahead is discounted in steps of at most so many weeks, each from its middle.
DISCOUNT_STEP = 4.0

# Natural logarithms of scaled parameters stay within this; a fit that wants to leave has no maximum.
LOG_BOUND = 12.0
# The gradient of the mean log-likelihood, with respect to logarithms of parameters, at what counts as a maximum.
MAX_GRADIENT = 1e-7
# The least curvature there: below it the likelihood is a ridge, and any parameters along it are as good.
MIN_CURVATURE = 1e-8


# The loss of parameters, and its gradient.
Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


class FitError(ValueError):
    """The data do not determine the parameters; the message says why."""


class PurchaseModel(NamedTuple):
    """Parameters of BG/NBD and the log-likelihood that they reach."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")


class SpendModel(NamedTuple):
    """Parameters of Gamma-Gamma and the log-likelihood that they reach."""

    p: float
    q: float
    gamma: float
    log_likelihood: float = float("nan")


def purchase_log_likelihood(model: PurchaseModel, frequency, recency, age) -> np.ndarray:
    """The log-likelihood of every customer: equation 6 of the paper, in logarithms throughout."""
    return _purchase_terms(model, *_customers(frequency, recency, age))[0]


def fit_purchases(frequency, recency, age, weights=1) -> PurchaseModel:
    """The parameters of BG/NBD with the greatest likelihood.

    Raises FitError where there are no customers, nobody bought again, or the likelihood has no maximum.
    """
    frequency, recency, age, weights = np.broadcast_arrays(*_customers(frequency, recency, age), _weights(weights))
    _refuse(frequency != np.floor(frequency), "frequency is not a whole number")
    _refuse((frequency == 0) & (recency > 0), "recency is above 0 although frequency is 0")
    n_customers = weights.sum()
    if n_customers == 0:
        raise FitError("There are no customers to fit BG/NBD on.")
    if weights[frequency > 0].sum() == 0:
        raise FitError(f"None of {n_customers:,.0f} customers bought again: BG/NBD cannot be fitted.")

    scale = float((weights * age).sum() / n_customers) or 1.0
    recency, age = recency / scale, age / scale

    def model_at(x: np.ndarray) -> PurchaseModel:
        return PurchaseModel(np.exp(x[0]), np.exp(x[0] - x[1]), np.exp(x[2]), np.exp(x[3]))

    # In logarithms of r, of r / alpha (the mean rate, which data determine better than alpha), of a and of b.
    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        values, gradient = _purchase_terms(model_at(x), frequency, recency, age)
        r, alpha, a, b = (weights * gradient).sum(axis=1)
        return -(weights * values).sum() / n_customers, -np.array([r + alpha, -alpha, a, b]) / n_customers

    rate = (weights * frequency).sum() / n_customers
    starts = [np.log([r, 2 * rate, a, b]) for r, a, b in ((1.0, 1.0, 3.0), (0.2, 0.5, 2.0), (5.0, 0.1, 1.0))]
    best, least = _maximise(loss, starts, "BG/NBD", f"{n_customers:,.0f} customers")
    fitted = model_at(best)
    # A customer's likelihood has the unit of time to the power of minus the frequency.
    log_likelihood = -least * n_customers - (weights * frequency).sum() * np.log(scale)
    return PurchaseModel(*map(float, fitted._replace(alpha=fitted.alpha * scale, log_likelihood=float(log_likelihood))))


def probability_alive(model: PurchaseModel, frequency, recency, age) -> np.ndarray:
    """The probability that a customer has not left by now; 1 without a repeat purchase, as one leaves after such.

    P. S. Fader, B. G. S. Hardie, Computing P(alive) Using the BG/NBD Model, 2008.
    """
    frequency, recency, age = _customers(frequency, recency, age)
    return expit(-_log_odds_gone(model, frequency, recency, age))


def expected_purchases(model: PurchaseModel, time, frequency, recency, age) -> np.ndarray:
    """The expected number of days with a purchase within `time` from now: equation 10 of the paper."""
    frequency, recency, age = _customers(frequency, recency, age)
    _refuse(np.asarray(time) < 0, "time is negative")
    # At a = 1 the equation is 0 / 0, and beside it loses digits: two points around it are as good.
    distance = 1e-4
    if abs(model.a - 1) < distance:
        below, above = (
            _expected_if_alive(model._replace(a=a), time, frequency, age) for a in (1 - distance, 1 + distance)
        )
        if_alive = below + (above - below) * (model.a - 1 + distance) / (2 * distance)
    else:
        if_alive = _expected_if_alive(model, time, frequency, age)
    return if_alive * probability_alive(model, frequency, recency, age)


def discounted_purchases(model: PurchaseModel, time: float, frequency, recency, age, yearly_rate: float) -> np.ndarray:
    """Like `expected_purchases`, in weeks, each purchase counted for what it is worth now at a yearly interest rate."""
    if not yearly_rate > -1:
        raise ValueError(f"The yearly discount rate is {yearly_rate}; it must be above -1, e.g. 0.1.")
    n_steps = 1 if yearly_rate == 0 else max(int(np.ceil(time / DISCOUNT_STEP)), 1)
    weeks_per_year = DAYS_PER_YEAR / DAYS_PER_WEEK
    total, before = 0.0, 0.0
    for step in range(1, n_steps + 1):
        until = expected_purchases(model, time * step / n_steps, frequency, recency, age)
        middle = time * (step - 0.5) / n_steps
        total = total + (until - before) * (1 + yearly_rate) ** (-middle / weeks_per_year)
        before = until
    return total


def spend_log_likelihood(model: SpendModel, n_days, mean_spend) -> np.ndarray:
    """The log-likelihood of every customer's mean spend: equation 1a of the note."""
    return _spend_terms(model, *_spenders(n_days, mean_spend))[0]


def fit_spend(n_days, mean_spend, weights=1) -> SpendModel:
    """The parameters of Gamma-Gamma with the greatest likelihood.

    Raises FitError where there are no customers, the likelihood has no maximum, or the mean of spend over customers is
    infinite (q <= 1), which no value can be made of.
    """
    n_days, mean_spend, weights = np.broadcast_arrays(*_spenders(n_days, mean_spend), _weights(weights))
    n_customers = weights.sum()
    if n_customers == 0:
        raise FitError("There are no customers with spend to fit Gamma-Gamma on.")

    scale = float((weights * mean_spend).sum() / n_customers)
    mean_spend = mean_spend / scale

    # In logarithms of p, of q and of p * gamma / q, which is about the mean.
    def model_at(x: np.ndarray) -> SpendModel:
        return SpendModel(np.exp(x[0]), np.exp(x[1]), np.exp(x[1] - x[0] + x[2]))

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        values, gradient = _spend_terms(model_at(x), n_days, mean_spend)
        p, q, gamma = (weights * gradient).sum(axis=1)
        return -(weights * values).sum() / n_customers, -np.array([p - gamma, q + gamma, gamma]) / n_customers

    starts = [np.log([p, q, 1.0]) for p, q in ((5.0, 4.0), (1.0, 2.0), (1.0, 20.0))]
    best, least = _maximise(loss, starts, "Gamma-Gamma", f"{n_customers:,.0f} customers")
    fitted = model_at(best)
    if fitted.q <= 1:
        raise FitError(
            f"Spend varies so much between customers that it has no mean: Gamma-Gamma has q = {fitted.q:.3g}."
        )
    log_likelihood = -least * n_customers - n_customers * np.log(scale)
    return SpendModel(*map(float, fitted._replace(gamma=fitted.gamma * scale, log_likelihood=float(log_likelihood))))


def expected_spend(model: SpendModel, n_days, mean_spend) -> np.ndarray:
    """The expected spend on a day with a purchase: equation 5 of the note, between the customer's mean and all others'.

    `n_days` may be 0, then `mean_spend` says nothing and the expectation is that of a new customer.
    """
    n_days = np.asarray(n_days, float)
    total = np.where(n_days > 0, n_days * np.asarray(mean_spend, float), 0.0)
    return model.p * (model.gamma + total) / (model.p * n_days + model.q - 1)


def _purchase_terms(model: PurchaseModel, x, recency, age) -> tuple[np.ndarray, np.ndarray]:
    """The log-likelihood of every customer, and its derivatives by the logarithms of r, alpha, a and b."""
    r, alpha, a, b, _ = model
    until_now, until_last = np.log(alpha + age), np.log(alpha + recency)
    # Either the customer is alive, or they left after the last purchase.
    log_odds_gone = _log_odds_gone(model, x, recency, age)
    is_gone = expit(log_odds_gone)
    value = (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + (gammaln(a + b) - gammaln(b))
        + (gammaln(b + x) - gammaln(a + b + x))
        - (r + x) * until_now
        + np.logaddexp(0, log_odds_gone)
    )
    of_beta = digamma(a + b) - digamma(a + b + x)
    gradient = np.stack(
        [
            r * (digamma(r + x) - digamma(r) + np.log(alpha) - (1 - is_gone) * until_now - is_gone * until_last),
            r - (r + x) * alpha * ((1 - is_gone) / (alpha + age) + is_gone / (alpha + recency)),
            a * of_beta + is_gone,
            b * (of_beta + digamma(b + x) - digamma(b) - is_gone / np.where(x > 0, b + x - 1, 1)),
        ]
    )
    return value, gradient


def _expected_if_alive(model: PurchaseModel, time, x, age) -> np.ndarray:
    """The expected number of purchases of customers who are alive.

    Of the two ways to write it, by Euler's transformation of Gauss's hypergeometric function, the one is taken that
    stays finite for long times.
    """
    r, alpha, a, b, _ = model
    time, x, age = np.broadcast_arrays(time, x, age)
    z = time / (alpha + age + time)
    c = a + b + x - 1
    c = np.where(np.abs(c) < 1e-9, 1e-9, c)  # The function has a pole at 0, which the factor c takes away.
    is_transformed = r + x >= a - 1
    power = np.where(is_transformed, a - 1, r + x)
    series = hyp2f1(power, np.where(is_transformed, a + b - 1 - r, b + x), c, z)
    expected = c / (a - 1) * (1 - np.exp(power * np.log1p(-z)) * series)
    # SciPy's function does not cope with this corner.
    is_lost = (c > 150) & (z > 0.9)
    if is_lost.any():
        expected = np.array(expected)
        expected[is_lost] = _integral_if_alive(model, time[is_lost], x[is_lost], age[is_lost])
    return np.maximum(expected, 0)


def _integral_if_alive(model: PurchaseModel, time, x, age) -> np.ndarray:
    """The same as an integral over the probability p to leave, which is Beta(a, b + x) for who is alive.

    With a rate, which is Gamma(r + x, alpha + age), and p given, (1 - exp(-rate p time)) / p are expected. By the
    trapezoidal rule for the logarithm of the odds of p, in steps that grow away from their mode.
    """
    r, alpha, a, b, _ = model
    mode, width = np.log(a / (b + x)), np.sqrt(1 / a + 1 / (b + x))
    end = np.arcsinh(50 / min(a, 1) + 50)
    nodes, step = np.linspace(-end, end, 601, retstep=True)
    total = np.zeros(len(x))
    for node in nodes:
        odds = mode + width * np.sinh(node)
        log_p, log_rest = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
        p = np.exp(np.maximum(log_p, -300))  # What is expected does not depend on p any more, long before.
        expected = -np.expm1(-(r + x) * np.log1p(p * time / (alpha + age))) / p
        density = np.exp(a * log_p + (b + x) * log_rest - betaln(a, b + x))
        total += expected * density * width * np.cosh(node) * step
    return total


def _log_odds_gone(model: PurchaseModel, x, recency, age) -> np.ndarray:
    """Logarithm of the odds that a customer has left; minus infinity without a repeat purchase."""
    r, alpha, a, b, _ = model
    has_repeat = x > 0
    log_odds = np.log(a / np.where(has_repeat, b + x - 1, 1)) + (r + x) * np.log((alpha + age) / (alpha + recency))
    return np.where(has_repeat, log_odds, -np.inf)


def _spend_terms(model: SpendModel, n_days, mean_spend) -> tuple[np.ndarray, np.ndarray]:
    """The log-likelihood of every customer, and its derivatives by the logarithms of p, q and gamma."""
    p, q, gamma, _ = model
    shape, total = p * n_days, n_days * mean_spend
    share = total / (gamma + total)
    # Of what is beta prime, the share total / (gamma + total) has a beta distribution.
    value = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + shape * np.log(share)
        + q * np.log1p(-share)
        - np.log(mean_spend)
    )
    of_both = digamma(shape + q)
    gradient = np.stack(
        [
            shape * (of_both - digamma(shape) + np.log(share)),
            q * (of_both - digamma(q) + np.log1p(-share)),
            q * share - shape * (1 - share),
        ]
    )
    return value, gradient


def _maximise(loss: Loss, starts: Sequence[np.ndarray], name: str, of_whom: str) -> tuple[np.ndarray, float]:
    """Where the loss is least and how much it is there, from the first of the starts that leads to such a place."""
    reasons = []
    for start in starts:
        try:
            x = _minimum_near(loss, start)
        except FitError as reason:
            reasons.append(reason)
        else:
            return x, loss(x)[0]
    raise FitError(f"{name} cannot be fitted on {of_whom}: {reasons[0]}")


def _minimum_near(loss: Loss, start: np.ndarray) -> np.ndarray:
    """Where the loss is least near the start, by Newton's method to the last digits; FitError if at no one place."""
    bounds = [(-LOG_BOUND, LOG_BOUND)] * len(start)
    options = {"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-6}
    x = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    gradient = loss(x)[1]
    for _ in range(10):
        if (np.abs(x) > LOG_BOUND - 1e-3).any():
            raise FitError("the likelihood has no maximum, a parameter grows without end.")
        hessian = _hessian(loss, x)
        if np.linalg.eigvalsh(hessian)[0] < MIN_CURVATURE:
            raise FitError("the likelihood has no single maximum, they are too few or too much alike.")
        if np.abs(gradient).max() < 1e-11:
            break
        stepped = x - np.linalg.solve(hessian, gradient)
        gradient_there = loss(stepped)[1]
        if not np.abs(gradient_there).max() < np.abs(gradient).max():
            break
        x, gradient = stepped, gradient_there
    if not np.abs(gradient).max() < MAX_GRADIENT:
        raise FitError(f"it does not converge, the gradient is still {np.abs(gradient).max():.1e}.")
    return x


def _hessian(loss: Loss, x: np.ndarray) -> np.ndarray:
    """The second derivatives, from central differences of the first."""
    steps = 1e-5 * np.eye(len(x))
    columns = [(loss(x + step)[1] - loss(x - step)[1]) / 2e-5 for step in steps]
    return (np.array(columns) + np.array(columns).T) / 2


def _customers(frequency, recency, age) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frequency, recency, age = (np.asarray(values, float) for values in (frequency, recency, age))
    for name, values in (("frequency", frequency), ("recency", recency), ("age", age)):
        _refuse(~np.isfinite(values), f"{name} is missing or infinite")
        _refuse(values < 0, f"{name} is negative")
    _refuse(recency > age, "recency is above age")
    return frequency, recency, age


def _spenders(n_days, mean_spend) -> tuple[np.ndarray, np.ndarray]:
    n_days, mean_spend = np.asarray(n_days, float), np.asarray(mean_spend, float)
    _refuse(~(n_days > 0) | np.isinf(n_days), "there is no day with spend")
    _refuse(~(mean_spend > 0) | np.isinf(mean_spend), "mean spend is not a number above 0")
    return n_days, mean_spend


def _weights(weights) -> np.ndarray:
    weights = np.asarray(weights, float)
    _refuse(~(weights >= 0) | np.isinf(weights), "a weight is not a number from 0 on")
    return weights


def _refuse(is_wrong: np.ndarray, what: str) -> None:
    if np.any(is_wrong):
        raise ValueError(f"Of {np.sum(is_wrong):,} of {np.size(is_wrong):,} customers, {what}.")
