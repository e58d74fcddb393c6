# Made reference.out: R 4.2.2; sandwich 3.0-2, plm 2.6-2, clubSandwich 0.5.8, metafor 3.8-1.
# Run it in this folder: Rscript reference.R > reference.out
options(digits = 10)
suppressMessages({library(plm); library(sandwich); library(clubSandwich); library(metafor)})
se <- function(v) sqrt(diag(v))
part <- function(name) cat("\n== ", name, "\n", sep = "")

part("Petersen: coefficients; iid, HC1, firm, year, firm and year; CR3 by year")
data("PetersenCL", package = "sandwich"); write.csv(PetersenCL, "petersen.csv", row.names = FALSE)
m <- lm(y ~ x, PetersenCL)
print(coef(m)); print(se(vcov(m))); print(se(vcovHC(m, "HC1")))
print(se(vcovCL(m, ~firm, type = "HC1"))); print(se(vcovCL(m, ~year, type = "HC1")))
print(se(vcovCL(m, ~firm + year, type = "HC1"))); print(se(vcovCR(m, PetersenCL$year, "CR3")))

part("Grunfeld: within, two-way; Arellano HC0 of both; CR3 within; jackknife of two-way by refitting")
data("Grunfeld", package = "plm"); write.csv(Grunfeld, "grunfeld.csv", row.names = FALSE)
fe <- plm(inv ~ value + capital, Grunfeld, model = "within")
tw <- plm(inv ~ value + capital, Grunfeld, model = "within", effect = "twoways")
print(summary(fe)$coefficients); print(summary(tw)$coefficients)
for (f in list(fe, tw)) print(se(vcovHC(f, method = "arellano", type = "HC0")))
print(se(vcovCR(fe, cluster = "individual", type = "CR3")))
slopes <- function(rows) {
  coef(lm(inv ~ value + capital + factor(firm) + factor(year), Grunfeld[rows, ]))[2:3]
}
away <- sapply(1:10, function(g) slopes(Grunfeld$firm != g)) - slopes(TRUE)
print(sqrt(9 / 10 * rowSums(away^2)))

part("LaLonde's men against those of the Current Population Survey: raw, adjusted, HC1")
cps <- read.csv("lalonde_cps.csv.gz")
raw <- lm(re78 ~ treat, cps)
adj <- lm(re78 ~ treat + age + I(age^2) + educ + black + hisp + marr + nodegree + re74 + re75, cps)
for (f in list(raw, adj)) print(c(coef(f)["treat"], se(vcov(f))["treat"], se(vcovHC(f, "HC1"))["treat"]))

part("Eight schools: no spread; best linear predictions; restricted likelihood by spread")
y <- c(28, 8, -3, 7, -1, 1, 18, 12); v <- c(15, 10, 16, 11, 9, 11, 10, 18)^2
for (how in c("FE", "DL", "PM", "REML")) {
  r <- rma(y, v, method = how); cat(how, r$tau2, r$b, r$se, r$QE, "\n")
}
spreads <- function(y, v, taus, method = "REML") for (tau in taus) {
  r <- rma(y, v, tau2 = tau^2, method = method); b <- blup(r)
  cat("tau", tau, "mu", r$b, r$se, "restricted log-likelihood", logLik(r), "\n")
  print(as.numeric(b$pred)); print(as.numeric(b$se))
}
spreads(y, v, c(2.5, 7.5, 12.5))

part("BCG vaccine, 13 trials: by method; at the spread of DerSimonian and Laird")
data("dat.bcg", package = "metadat")
d <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
for (how in c("DL", "PM", "REML")) {
  r <- rma(yi, vi, data = d, method = how); cat(how, r$tau2, r$b, r$se, "\n")
  if (how == "DL") spreads(d$yi, d$vi, sqrt(r$tau2), "DL")
}

part("Arellano and Bond: within estimate, and their GMM, of employment on its own past")
data("EmplUK", package = "plm")
wi <- plm(log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + lag(log(capital), 0:2) +
  lag(log(output), 0:2), EmplUK, effect = "twoways", model = "within")
ab <- pgmm(log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + lag(log(capital), 0:2) +
  lag(log(output), 0:2) | lag(log(emp), 2:99), EmplUK, effect = "twoways", model = "onestep")
print(coef(wi)[1:2]); print(coef(ab)[1:2])

part("p.adjust of 25 p-values")
p <- c(0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269,
       0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986)
print(p.adjust(p, "BH"))
