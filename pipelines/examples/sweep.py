"""Fits a support vector machine and writes its metrics. The correlation of constant predictions is NaN, as it should be."""

import json
import sys
import warnings

import numpy
from sklearn.datasets import load_digits
from sklearn.svm import SVC

config = json.load(open("config.json"))
images, labels = load_digits(return_X_y=True)
n = config["train"]
model = SVC(C=config["C"], gamma=config["gamma"]).fit(images[:n], labels[:n])
predicted = model.predict(images[n:])
warnings.simplefilter("ignore")
metrics = {
    "accuracy": float((predicted == labels[n:]).mean()),
    "correlation": float(numpy.corrcoef(predicted, labels[n:])[0, 1]),
    "vectors": int(model.n_support_.sum()),
}
json.dump(metrics, open(sys.argv[1], "w"))
